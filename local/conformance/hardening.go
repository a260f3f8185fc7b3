package conformance

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/vllm-eks/vllm-eks/local/conformance/specs"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// checkHardening checks the pods beyond the restricted standard.
func checkHardening(found *findings, s serving.Spec, pod *corev1.PodTemplateSpec) {
	p := pod.Spec
	mustBeFalse := func(name string, value *bool) {
		found.need(value != nil && !*value, "%s is not false", name)
	}
	mustBeFalse("automountServiceAccountToken", p.AutomountServiceAccountToken)
	mustBeFalse("enableServiceLinks", p.EnableServiceLinks)
	want := s.Access.ServiceAccountName
	if want == "" {
		want = firstName(s)
	}
	same(found, "serviceAccountName", p.ServiceAccountName, want)
	if c := p.SecurityContext; c == nil {
		found.addf("the pods have no securityContext")
	} else {
		found.need(c.RunAsUser != nil && *c.RunAsUser > 0, "the pods have the user of the image, want runAsUser")
		found.need(c.RunAsGroup != nil, "the pods have the group of the image, so files belong to group 0; want runAsGroup")
		found.need(c.FSGroup != nil, "volumes belong to a group that vLLM may not have; want fsGroup")
	}
	for _, c := range slices.Concat(p.InitContainers, p.Containers) {
		if security := c.SecurityContext; security != nil {
			found.need(security.Privileged == nil || !*security.Privileged, "the container %s is privileged", c.Name)
		}
		if c.Name == containerName {
			found.need(c.SecurityContext != nil && c.SecurityContext.ReadOnlyRootFilesystem != nil,
				"readOnlyRootFilesystem is left to the cluster, and NVIDIA's hook writes to the root file system")
		}
		checkEnv(found, c)
	}
	// The API server refuses these in a template.
	found.need(p.ActiveDeadlineSeconds == nil, "activeDeadlineSeconds is not for the pods of a Deployment")
	found.need(len(p.EphemeralContainers) == 0, "ephemeralContainers are not for templates")
	found.need(p.RestartPolicy == "" || p.RestartPolicy == corev1.RestartPolicyAlways, "restartPolicy is %s", p.RestartPolicy)
}

// openVariables holds the variables that enable endpoints that must stay disabled.
var openVariables = []string{
	"VLLM_SERVER_DEV_MODE", "VLLM_ALLOW_RUNTIME_LORA_UPDATING", "VLLM_TORCH_PROFILER_DIR", "VLLM_ALLOW_INSECURE_SERIALIZATION", "VLLM_PORT",
}

func checkEnv(found *findings, c corev1.Container) {
	seen := map[string]bool{}
	for _, v := range c.Env {
		name := fmt.Sprintf("the variable %s of the container %s", v.Name, c.Name)
		found.need(!seen[v.Name], "%s is there twice", name)
		seen[v.Name] = true
		found.need(!slices.Contains(openVariables, v.Name), "%s enables what must stay disabled", name)
		found.need(v.Value == "" || v.ValueFrom == nil, "%s has a value and a source", name)
	}
}

// secretNames holds the endings of the names of variables with secrets.
var secretNames = []string{"TOKEN", "SECRET", "PASSWORD", "PASSPHRASE", "CREDENTIALS", "API_KEY", "ACCESS_KEY", "ACCESS_KEY_ID"}

// checkSecrets requires that only Secrets hold the values of secrets.
func checkSecrets(found *findings, r rendered) {
	for i, text := range r.texts {
		found.need(!strings.Contains(text, specs.Canary), "%s has the value of a secret", r.metas[i])
	}
	for _, c := range slices.Concat(r.pod().Spec.InitContainers, r.pod().Spec.Containers) {
		for _, v := range c.Env {
			isSecret := slices.ContainsFunc(secretNames, func(ending string) bool {
				name := strings.ToUpper(v.Name)
				return name == ending || strings.HasSuffix(name, "_"+ending)
			})
			found.need(!isSecret || v.Value == "", "the variable %s of the container %s holds a secret as plain text", v.Name, c.Name)
		}
		for _, arg := range slices.Concat(c.Command, c.Args) {
			flag, _, _ := strings.Cut(arg, "=")
			found.need(flag != "--api-key" && flag != "--hf-token", "the container %s has a secret among its arguments (%s)", c.Name, flag)
		}
	}
}
