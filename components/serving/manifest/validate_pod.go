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

// Validate returns every problem of a spec with its defaults, each with its key under the
// path. It checks the pod with the user's patch if it finds no other problem. The rest of
// the program relies on this check.
func Validate(s serving.Spec, path *field.Path) field.ErrorList {
	if found := s.Validate(path); len(found) > 0 {
		return found
	}
	var found field.ErrorList
	key := path.Child("podPatch")
	pod, err := patch(replicaPod(s), s.PodPatch)
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

// PodProblems returns the problems of a pod template for a spec with its defaults: the
// properties without which replicas are not admitted, do not start, do not drain, or are
// evicted. There are none unless a patch changes such a property.
func PodProblems(s serving.Spec, pod corev1.PodTemplateSpec) []string {
	var found []string
	need := func(ok bool, format string, values ...any) {
		if !ok {
			found = append(found, fmt.Sprintf(format, values...))
		}
	}
	for _, refusal := range refusals(pod) {
		found = append(found, "is refused by the restricted Pod Security Standard: "+refusal)
	}
	for key, value := range serving.Sorted(s.SelectorLabels()) {
		need(pod.Labels[key] == value, "removes the label %s, which selects the pods", key)
	}
	for key, value := range serving.Sorted(serving.Undisturbed) {
		need(pod.Annotations[key] == value, "removes the annotation %s: %s, so that a node autoscaler could evict a loading replica", key, value)
	}
	need(pod.Annotations[serving.MiddlewareAnnotation] == connections.Source,
		"changes the annotation %s; leave it: with this middleware, a rollout refuses no request", serving.MiddlewareAnnotation)
	for key, value := range serving.Sorted(pod.Labels) {
		need(serving.IsLabelKey(key) && serving.IsLabelValue(value), "has the label %s: %s, which is not valid", key, value)
	}
	p, base := pod.Spec, replicaPod(s).Spec
	same := func(part, instead string, a, b any) {
		need(equality.Semantic.DeepEqual(a, b), "changes spec.%s; %s", part, instead)
	}
	same("automountServiceAccountToken", "leave it: replicas never call the Kubernetes API", p.AutomountServiceAccountToken, base.AutomountServiceAccountToken)
	same("enableServiceLinks", "leave it: Services would set vLLM's variables", p.EnableServiceLinks, base.EnableServiceLinks)
	same("serviceAccountName", "use serviceAccountName", p.ServiceAccountName, base.ServiceAccountName)
	same("securityContext", "leave it: it has the user of vLLM's image", p.SecurityContext, base.SecurityContext)
	same("nodeSelector", "use nodeSelector", p.NodeSelector, base.NodeSelector)
	if s.Prefers() && (p.Affinity == nil || !equality.Semantic.DeepEqual(p.Affinity.NodeAffinity, base.Affinity.NodeAffinity)) {
		found = append(found, "changes spec.affinity.nodeAffinity; use nodeGroup and nodeSelector")
	}
	same("priorityClassName", "use priorityClass", p.PriorityClassName, base.PriorityClassName)
	same("terminationGracePeriodSeconds", "use lifecycle.shutdownSeconds", p.TerminationGracePeriodSeconds, base.TerminationGracePeriodSeconds)
	same("activeDeadlineSeconds", "leave it: replicas have no deadline", p.ActiveDeadlineSeconds, base.ActiveDeadlineSeconds)
	same("restartPolicy", "leave it", p.RestartPolicy, base.RestartPolicy)
	need(slices.ContainsFunc(p.Tolerations, func(t corev1.Toleration) bool { return t.Key == string(gpuResource) }), "removes the toleration of nodes with GPUs")
	found = append(found, sidecarProblems(p)...)
	found = append(found, tooLarge(s, p)...)
	index := slices.IndexFunc(p.Containers, func(c corev1.Container) bool { return c.Name == serving.ContainerName })
	if index < 0 {
		return append(found, "removes the container "+serving.ContainerName)
	}
	return append(found, vllmProblems(s, base.Containers[0], p.Containers[index], p.Volumes)...)
}

// sidecarProblems returns the problems of the containers. A sidecar may not use the port
// of vLLM, and no container may have unencrypted secrets.
func sidecarProblems(p corev1.PodSpec) []string {
	var found []string
	for _, c := range slices.Concat(p.InitContainers, p.Containers) {
		for _, v := range c.VolumeMounts {
			if !slices.ContainsFunc(p.Volumes, func(volume corev1.Volume) bool { return volume.Name == v.Name }) {
				found = append(found, fmt.Sprintf("mounts %s in the container %s, which is not a volume of the pod", v.Name, c.Name))
			}
		}
		for _, v := range c.Env {
			if v.Value != "" && serving.SecretVariableName.MatchString(v.Name) {
				found = append(found, fmt.Sprintf("sets the variable %s of the container %s, which looks like a secret, to a plain value; use valueFrom", v.Name, c.Name))
			}
		}
		if c.Name == serving.ContainerName {
			continue
		}
		if problem := versions.CheckPinned(c.Image, "example.com/proxy:v1.2.3"); problem != "" {
			found = append(found, fmt.Sprintf("has the container %s, whose image %s", c.Name, problem))
		}
		if _, takesGPU := c.Resources.Limits[gpuResource]; takesGPU {
			found = append(found, fmt.Sprintf("gives the container %s a GPU; the GPUs are vLLM's", c.Name))
		}
		for _, port := range c.Ports {
			if port.Name == serving.PortName || port.ContainerPort == serving.Port {
				found = append(found, fmt.Sprintf("gives the container %s the port %s, which is vLLM's", c.Name, cmp.Or(port.Name, fmt.Sprint(serving.Port))))
			}
		}
	}
	return found
}

// tooLarge returns a problem for each resource if the pod's containers together request
// more than a node of the group has.
func tooLarge(s serving.Spec, p corev1.PodSpec) []string {
	var found []string
	for _, r := range serving.Allocatable {
		var sum resource.Quantity
		for _, c := range p.Containers {
			request, requested := c.Resources.Requests[r.Name]
			if !requested {
				request = c.Resources.Limits[r.Name] // Kubernetes uses the limit as the request
			}
			sum.Add(request)
		}
		for _, name := range s.NodeGroup.InstanceTypes {
			hardware, err := s.NodeGroup.Own.Find(name)
			if limit := serving.Quantity(r.Available(hardware)); err == nil && sum.Cmp(limit) > 0 {
				found = append(found, fmt.Sprintf("makes the pod request %s of %s, and pods on a %s can use at most %s", sum.String(), r.Name, name, r.Available(hardware)))
				break
			}
		}
	}
	return found
}

// vllmProblems returns the problems of the container of vLLM. It compares the container
// with base, the container without a patch.
func vllmProblems(s serving.Spec, base, c corev1.Container, volumes []corev1.Volume) []string {
	var found []string
	same := func(part, instead string, a, b any) {
		if !equality.Semantic.DeepEqual(a, b) {
			found = append(found, fmt.Sprintf("changes %s of the container %s; %s", part, serving.ContainerName, instead))
		}
	}
	same("args", "use extraArgs", c.Args, base.Args)
	same("command", "use image", c.Command, base.Command)
	same("image", "use image", c.Image, base.Image)
	same("ports", "leave it: the Service has port 8000", c.Ports, base.Ports)
	same("resources", "use gpu and resources", c.Resources, base.Resources)
	same("lifecycle", "use lifecycle.drainSeconds", c.Lifecycle, base.Lifecycle)
	same("startupProbe", "use lifecycle.loadSeconds", c.StartupProbe, base.StartupProbe)
	same("readinessProbe", "leave it: the Service needs it", c.ReadinessProbe, base.ReadinessProbe)
	same("livenessProbe", "use lifecycle.hungSeconds", c.LivenessProbe, base.LivenessProbe)
	same("securityContext", "leave it: the namespace requires it", c.SecurityContext, base.SecurityContext)
	for i, m := range serving.Mounts(s) {
		if !slices.ContainsFunc(c.VolumeMounts, func(v corev1.VolumeMount) bool { return equality.Semantic.DeepEqual(v, base.VolumeMounts[i]) }) {
			found = append(found, fmt.Sprintf("removes or changes the mount of %s at %s", m.Volume.Name, m.Path))
		}
		if slices.ContainsFunc(c.VolumeMounts, func(v corev1.VolumeMount) bool { return v.MountPath == m.Path && v.Name != m.Volume.Name }) {
			found = append(found, fmt.Sprintf("mounts another volume at %s", m.Path))
		}
		if !slices.ContainsFunc(volumes, func(v corev1.Volume) bool { return equality.Semantic.DeepEqual(v, m.Volume) }) {
			found = append(found, fmt.Sprintf("removes or changes the volume %s", m.Volume.Name))
		}
	}
	for _, v := range c.Env {
		if reason := serving.RefusedVariable(v.Name); reason != "" && !slices.ContainsFunc(base.Env, func(e corev1.EnvVar) bool { return e.Name == v.Name }) {
			found = append(found, fmt.Sprintf("sets the variable %s, which %s", v.Name, reason))
		}
	}
	for _, v := range base.Env {
		if !slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return equality.Semantic.DeepEqual(e, v) }) {
			found = append(found, fmt.Sprintf("changes the variable %s; use env", v.Name))
		}
	}
	return found
}

// evaluator returns the checks of every version of the Pod Security Standards. They are the
// same for every pod.
var evaluator = sync.OnceValues(func() (policy.Evaluator, error) { return policy.NewEvaluator(policy.DefaultChecks(), nil) })

// refusals returns the reasons why the restricted standard does not admit a pod.
func refusals(pod corev1.PodTemplateSpec) []string {
	restricted, err := evaluator()
	if err != nil {
		return []string{err.Error()}
	}
	version, err := psaapi.ParseVersion(versions.PodSecurity)
	if err != nil {
		return []string{err.Error()}
	}
	var list []string
	for _, r := range restricted.EvaluatePod(psaapi.LevelVersion{Level: psaapi.LevelRestricted, Version: version}, &pod.ObjectMeta, &pod.Spec) {
		if !r.Allowed {
			list = append(list, strings.TrimSpace(r.ForbiddenReason+" ("+r.ForbiddenDetail+")"))
		}
	}
	return list
}
