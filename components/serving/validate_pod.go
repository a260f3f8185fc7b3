package serving

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	psaapi "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// validatePod holds the pod that the engines will run in, the user's patch
// included, to what the rest of the program relies on.
func (s Spec) validatePod(found *problems.List, at func(string) string) {
	pod, err := patch(enginePod(s), s.PodPatch)
	if err != nil {
		found.Addf(at("podPatch"), "%s", err)
		return
	}
	for _, problem := range PodProblems(s, pod) {
		found.Addf(at("podPatch"), "%s", problem)
	}
}

// PodProblems are what a pod template lacks of what the engines of a spec, which
// has its defaults, need in order to be admitted, to start, to drain and to be
// left alone. There are none unless a patch takes something away.
func PodProblems(s Spec, pod corev1.PodTemplateSpec) []string {
	var all []string
	need := func(ok bool, format string, values ...any) {
		if !ok {
			all = append(all, fmt.Sprintf(format, values...))
		}
	}
	for _, refusal := range refusals(pod) {
		all = append(all, "is refused by the restricted Pod Security Standard: "+refusal)
	}
	for key, value := range sorted(s.selectorLabels()) {
		need(pod.Labels[key] == value, "takes away the label %s, by which the pods are found", key)
	}
	for key, value := range sorted(Spec{}.podAnnotations()) {
		need(pod.Annotations[key] == value, "takes away the annotation %s: %s, so that a node autoscaler could evict a loading engine", key, value)
	}
	p := pod.Spec
	need(p.AutomountServiceAccountToken != nil && !*p.AutomountServiceAccountToken, "gives the engine a token of the Kubernetes API (spec.automountServiceAccountToken)")
	need(p.EnableServiceLinks != nil && !*p.EnableServiceLinks, "lets Services set vLLM's variables (spec.enableServiceLinks)")
	need(p.ServiceAccountName == s.serviceAccount(), "changes spec.serviceAccountName; use serviceAccountName")
	need(p.RestartPolicy == "" || p.RestartPolicy == corev1.RestartPolicyAlways, "changes spec.restartPolicy")
	need(slices.ContainsFunc(p.Tolerations, func(t corev1.Toleration) bool { return t.Key == string(gpuResource) }), "takes away the toleration of nodes with GPUs")
	least := s.Lifecycle.graceSeconds()
	need(p.TerminationGracePeriodSeconds != nil && *p.TerminationGracePeriodSeconds >= int64(least),
		"leaves less than the %d s of spec.terminationGracePeriodSeconds in which requests finish; use lifecycle.shutdownSeconds", least)
	at := slices.IndexFunc(p.Containers, func(c corev1.Container) bool { return c.Name == containerName })
	if at < 0 {
		return append(all, "takes away the container "+containerName)
	}
	return append(all, engineProblems(s, p.Containers[at], p.Volumes)...)
}

// engineProblems are those of the container.
func engineProblems(s Spec, c corev1.Container, volumes []corev1.Volume) []string {
	var all []string
	is := container(s)
	same := func(what, instead string, a, b any) {
		if !equality.Semantic.DeepEqual(a, b) {
			all = append(all, fmt.Sprintf("changes %s of the container %s; use %s", what, containerName, instead))
		}
	}
	same("args", "extraArgs", c.Args, is.Args)
	same("command", "image", c.Command, is.Command)
	same("image", "image", c.Image, is.Image)
	same("ports", "none: the Service has port 8000", c.Ports, is.Ports)
	same("resources", "gpu and resources", c.Resources, is.Resources)
	same("lifecycle", "lifecycle.drainSeconds", c.Lifecycle, is.Lifecycle)
	same("startupProbe", "lifecycle.loadSeconds", c.StartupProbe, is.StartupProbe)
	same("readinessProbe", "none: it is what the Service relies on", c.ReadinessProbe, is.ReadinessProbe)
	same("livenessProbe", "lifecycle.hungSeconds", c.LivenessProbe, is.LivenessProbe)
	for _, m := range mounts(s) {
		if !slices.ContainsFunc(c.VolumeMounts, func(v corev1.VolumeMount) bool { return v.Name == m.volume.Name && v.MountPath == m.path }) {
			all = append(all, fmt.Sprintf("takes away the mount of %s at %s", m.volume.Name, m.path))
		}
		if !slices.ContainsFunc(volumes, func(v corev1.Volume) bool { return equality.Semantic.DeepEqual(v, m.volume) }) {
			all = append(all, fmt.Sprintf("takes away the volume %s, or changes it", m.volume.Name))
		}
	}
	for _, v := range is.Env {
		if !slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return equality.Semantic.DeepEqual(e, v) }) {
			all = append(all, fmt.Sprintf("changes the variable %s; use env", v.Name))
		}
	}
	return all
}

// restricted are the checks of the Pod Security Standards, as the API server
// has them.
var restricted, errRestricted = policy.NewEvaluator(policy.DefaultChecks(), nil)

// refusals are why the restricted standard does not admit a pod.
func refusals(pod corev1.PodTemplateSpec) []string {
	if errRestricted != nil {
		return []string{errRestricted.Error()}
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
