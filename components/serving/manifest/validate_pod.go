package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
	psaapi "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/vllm-eks/vllm-eks/internal/connections"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Validate returns every problem of a spec that has its defaults, each beginning
// with its key under the path. The pod with the user's patch is checked when nothing
// else is wrong: the rest of the program relies on it.
func Validate(s serving.Spec, at *field.Path) field.ErrorList {
	if found := s.Validate(at); len(found) > 0 {
		return found
	}
	var found field.ErrorList
	key := at.Child("podPatch")
	pod, err := patch(enginePod(s), s.PodPatch)
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			problems.Invalid(&found, key, "%s", line)
		}
		return found
	}
	for _, problem := range PodProblems(s, pod) {
		problems.Invalid(&found, key, "%s", problem)
	}
	return found
}

// PodProblems are what a pod template lacks of what the engines of a spec, which
// has its defaults, need in order to be admitted, to start, to drain and to be
// left alone. There are none unless a patch takes something away.
func PodProblems(s serving.Spec, pod corev1.PodTemplateSpec) []string {
	var all []string
	need := func(ok bool, format string, values ...any) {
		if !ok {
			all = append(all, fmt.Sprintf(format, values...))
		}
	}
	for _, refusal := range refusals(pod) {
		all = append(all, "is refused by the restricted Pod Security Standard: "+refusal)
	}
	for key, value := range serving.Sorted(s.SelectorLabels()) {
		need(pod.Labels[key] == value, "takes away the label %s, by which the pods are found", key)
	}
	for key, value := range serving.Sorted(serving.Undisturbed) {
		need(pod.Annotations[key] == value, "takes away the annotation %s: %s, so that a node autoscaler could evict a loading engine", key, value)
	}
	need(pod.Annotations[serving.MiddlewareAnnotation] == connections.Source,
		"changes the annotation %s; leave it: it is the middleware with which a rollout refuses no request", serving.MiddlewareAnnotation)
	for key, value := range serving.Sorted(pod.Labels) {
		need(serving.IsLabelKey(key) && serving.IsLabelValue(value), "has the label %s: %s, which none can be", key, value)
	}
	p, was := pod.Spec, enginePod(s).Spec
	same := func(what, instead string, a, b any) {
		need(equality.Semantic.DeepEqual(a, b), "changes spec.%s; %s", what, instead)
	}
	same("automountServiceAccountToken", "leave it: an engine never calls the Kubernetes API", p.AutomountServiceAccountToken, was.AutomountServiceAccountToken)
	same("enableServiceLinks", "leave it: Services would set vLLM's variables", p.EnableServiceLinks, was.EnableServiceLinks)
	same("serviceAccountName", "use serviceAccountName", p.ServiceAccountName, was.ServiceAccountName)
	same("securityContext", "leave it: it is the user of vLLM's image", p.SecurityContext, was.SecurityContext)
	same("nodeSelector", "use nodeSelector", p.NodeSelector, was.NodeSelector)
	if s.Prefers() && (p.Affinity == nil || !equality.Semantic.DeepEqual(p.Affinity.NodeAffinity, was.Affinity.NodeAffinity)) {
		all = append(all, "changes spec.affinity.nodeAffinity; use nodeGroup and nodeSelector")
	}
	same("priorityClassName", "use priorityClass", p.PriorityClassName, was.PriorityClassName)
	same("terminationGracePeriodSeconds", "use lifecycle.shutdownSeconds", p.TerminationGracePeriodSeconds, was.TerminationGracePeriodSeconds)
	same("activeDeadlineSeconds", "leave it: an engine serves until it is told to stop", p.ActiveDeadlineSeconds, was.ActiveDeadlineSeconds)
	same("restartPolicy", "leave it", p.RestartPolicy, was.RestartPolicy)
	need(slices.ContainsFunc(p.Tolerations, func(t corev1.Toleration) bool { return t.Key == string(gpuResource) }), "takes away the toleration of nodes with GPUs")
	all = append(all, sidecarProblems(p)...)
	all = append(all, tooLarge(s, p)...)
	at := slices.IndexFunc(p.Containers, func(c corev1.Container) bool { return c.Name == serving.ContainerName })
	if at < 0 {
		return append(all, "takes away the container "+serving.ContainerName)
	}
	return append(all, engineProblems(s, was.Containers[0], p.Containers[at], p.Volumes)...)
}

// sidecarProblems are those of containers beside the engine's: they may not take
// its port, nor hold secrets in clear.
func sidecarProblems(p corev1.PodSpec) []string {
	var all []string
	for _, c := range slices.Concat(p.InitContainers, p.Containers) {
		for _, v := range c.VolumeMounts {
			if !slices.ContainsFunc(p.Volumes, func(volume corev1.Volume) bool { return volume.Name == v.Name }) {
				all = append(all, fmt.Sprintf("mounts %s in the container %s, which is no volume", v.Name, c.Name))
			}
		}
		for _, v := range c.Env {
			if v.Value != "" && serving.SecretVariableName.MatchString(v.Name) {
				all = append(all, fmt.Sprintf("holds the variable %s of the container %s in clear, which looks like a secret; use valueFrom", v.Name, c.Name))
			}
		}
		if c.Name == serving.ContainerName {
			continue
		}
		if problem := versions.CheckPinned(c.Image, "example.com/proxy:v1.2.3"); problem != "" {
			all = append(all, fmt.Sprintf("has the container %s, whose image %s", c.Name, problem))
		}
		if _, takesGPU := c.Resources.Limits[gpuResource]; takesGPU {
			all = append(all, fmt.Sprintf("gives the container %s a GPU; they are the engine's", c.Name))
		}
		for _, taken := range c.Ports {
			if taken.Name == serving.PortName || taken.ContainerPort == serving.Port {
				all = append(all, fmt.Sprintf("gives the container %s the port %s, which is the engine's", c.Name, cmp.Or(taken.Name, fmt.Sprint(serving.Port))))
			}
		}
	}
	return all
}

// tooLarge says which requests of the pod's containers together are more than a
// node of the group has.
func tooLarge(s serving.Spec, p corev1.PodSpec) []string {
	var all []string
	for _, r := range serving.Allocatable {
		var sum resource.Quantity
		for _, c := range p.Containers {
			request, given := c.Resources.Requests[r.Name]
			if !given {
				request = c.Resources.Limits[r.Name] // which Kubernetes then takes for the request
			}
			sum.Add(request)
		}
		for _, name := range s.NodeGroup.InstanceTypes {
			on, err := s.NodeGroup.Own.Find(name)
			if most := serving.Quantity(r.There(on)); err == nil && sum.Cmp(most) > 0 {
				all = append(all, fmt.Sprintf("has the pod ask for %s of %s, and pods on a %s can have %s at most", sum.String(), r.Name, name, r.There(on)))
				break
			}
		}
	}
	return all
}

// engineProblems are those of the container, compared with what it is without a
// patch.
func engineProblems(s serving.Spec, is, c corev1.Container, volumes []corev1.Volume) []string {
	var all []string
	same := func(what, instead string, a, b any) {
		if !equality.Semantic.DeepEqual(a, b) {
			all = append(all, fmt.Sprintf("changes %s of the container %s; %s", what, serving.ContainerName, instead))
		}
	}
	same("args", "use extraArgs", c.Args, is.Args)
	same("command", "use image", c.Command, is.Command)
	same("image", "use image", c.Image, is.Image)
	same("ports", "leave it: the Service has port 8000", c.Ports, is.Ports)
	same("resources", "use gpu and resources", c.Resources, is.Resources)
	same("lifecycle", "use lifecycle.drainSeconds", c.Lifecycle, is.Lifecycle)
	same("startupProbe", "use lifecycle.loadSeconds", c.StartupProbe, is.StartupProbe)
	same("readinessProbe", "leave it: it is what the Service relies on", c.ReadinessProbe, is.ReadinessProbe)
	same("livenessProbe", "use lifecycle.hungSeconds", c.LivenessProbe, is.LivenessProbe)
	same("securityContext", "leave it: it is what the namespace admits", c.SecurityContext, is.SecurityContext)
	for i, m := range serving.Mounts(s) {
		if !slices.ContainsFunc(c.VolumeMounts, func(v corev1.VolumeMount) bool { return equality.Semantic.DeepEqual(v, is.VolumeMounts[i]) }) {
			all = append(all, fmt.Sprintf("takes away the mount of %s at %s, or changes it", m.Volume.Name, m.Path))
		}
		if slices.ContainsFunc(c.VolumeMounts, func(v corev1.VolumeMount) bool { return v.MountPath == m.Path && v.Name != m.Volume.Name }) {
			all = append(all, fmt.Sprintf("mounts another volume at %s", m.Path))
		}
		if !slices.ContainsFunc(volumes, func(v corev1.Volume) bool { return equality.Semantic.DeepEqual(v, m.Volume) }) {
			all = append(all, fmt.Sprintf("takes away the volume %s, or changes it", m.Volume.Name))
		}
	}
	for _, v := range c.Env {
		if reason := serving.RefusedVariable(v.Name); reason != "" && !slices.ContainsFunc(is.Env, func(e corev1.EnvVar) bool { return e.Name == v.Name }) {
			all = append(all, fmt.Sprintf("sets the variable %s, which %s", v.Name, reason))
		}
	}
	for _, v := range is.Env {
		if !slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return equality.Semantic.DeepEqual(e, v) }) {
			all = append(all, fmt.Sprintf("changes the variable %s; use env", v.Name))
		}
	}
	return all
}

// evaluator has the checks of every version of the Pod Security Standards, which
// are the same for every pod.
var evaluator = sync.OnceValues(func() (policy.Evaluator, error) { return policy.NewEvaluator(policy.DefaultChecks(), nil) })

// refusals are why the restricted standard does not admit a pod.
func refusals(pod corev1.PodTemplateSpec) []string {
	restricted, err := evaluator()
	if err != nil {
		return []string{err.Error()}
	}
	version, err := psaapi.ParseVersion(versions.PodSecurity)
	if err != nil {
		return []string{err.Error()}
	}
	var all []string
	for _, r := range restricted.EvaluatePod(psaapi.LevelVersion{Level: psaapi.LevelRestricted, Version: version}, &pod.ObjectMeta, &pod.Spec) {
		if !r.Allowed {
			all = append(all, strings.TrimSpace(r.ForbiddenReason+" ("+r.ForbiddenDetail+")"))
		}
	}
	return all
}
