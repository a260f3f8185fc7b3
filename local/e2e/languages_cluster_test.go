//go:build cluster

package e2e

import (
	"os"
	"strings"
	"testing"
)

// simulator has the examples' settings for the embedded cluster, by project: a small simulated
// replica instead of the GPU.
var simulator = map[string][2]string{
	"existing-cluster": {`GPU: &serving.GPUArgs{Type: "A10G"},`, `GPU: &serving.GPUArgs{Type: "A10G"},
		Image:     "localhost/vllmsim:v0.33.0",
		Resources: &serving.ResourcesArgs{CPU: "20m", Memory: "128Mi", ShmSize: "16Mi", Disk: "64Mi"},
		Lifecycle: &serving.LifecycleArgs{LoadSeconds: 10, ProvisionSeconds: 15, DrainSeconds: 1, ShutdownSeconds: 10},
		Env:       map[string]string{"VLLMSIM_GPU": "A10G", "VLLMSIM_LOAD_SECONDS": "1"},`},
	"existing-cluster-yaml": {`gpu: {type: A10G}`, `gpu: {type: A10G}
      image: localhost/vllmsim:v0.33.0
      resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
      lifecycle: {loadSeconds: 10, provisionSeconds: 15, drainSeconds: 1, shutdownSeconds: 10}
      env: {VLLMSIM_GPU: A10G, VLLMSIM_LOAD_SECONDS: "1"}`},
	"existing-cluster-typescript": {`gpu: { type: "A10G" },`, `gpu: { type: "A10G" },
            image: "localhost/vllmsim:v0.33.0",
            resources: { cpu: "20m", memory: "128Mi", shmSize: "16Mi", disk: "64Mi" },
            lifecycle: { loadSeconds: 10, provisionSeconds: 15, drainSeconds: 1, shutdownSeconds: 10 },
            env: { VLLMSIM_GPU: "A10G", VLLMSIM_LOAD_SECONDS: "1" },`},
}

// localContext is the context of the embedded cluster.
const localContext = "vllm-eks-local"

// TestLanguagesOnTheCluster deploys the same service in Go, YAML and TypeScript to the embedded
// cluster. All create the same objects, and the service answers.
func TestLanguagesOnTheCluster(t *testing.T) {
	t.Parallel()
	objects := map[string]map[string]string{}
	for _, l := range languages() {
		t.Run(l.project, func(t *testing.T) {
			settings := simulator[l.project]
			e := newExample(t, l, t.TempDir(), localContext, os.Environ(), settings[0], settings[1],
				// Another stack may own the namespace inference.
				"inference", "languages")
			t.Cleanup(func() { e.do("destroy") })
			out := e.do("up")
			if !strings.Contains(out, "http://mistral-7b.languages.svc.cluster.local:8000") {
				t.Errorf("the update has no address:\n%s", out)
			}
			if answer := kubectl(t, "--namespace=languages", "get", "deployment", "mistral-7b", "--output=jsonpath={.status.readyReplicas}"); answer != "1" {
				t.Errorf("ready replicas: %q, want 1", answer)
			}
			objects[l.project] = e.objects()
		})
	}
	expectSameObjects(t, "languages", objects)
}
