//go:build cluster

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const storageSpace = "e2e-storage"

// stored is a stack of a model on a volume, with an adapter on another one, and a cache that
// outlives its pods.
const stored = `config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: ` + storageSpace + `, existing: true}]
  vllm-eks:models:
    - name: chat
      model: mistralai/Mistral-7B-Instruct-v0.2
      servedModelName: chat
      maxModelLen: 4096
` + tinyReplica + `      lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 2, shutdownSeconds: 3}
      env: {VLLMSIM_LOAD_SECONDS: "1"}
      serviceAccountName: reader
      storage: {weights: {claim: weights}, cache: {claim: cache}}
      lora: {adapters: [{name: legal, source: /adapters/legal}]}
      volumes: [{name: adapters, mountPath: /adapters, claim: adapters}]
      labels: {team: search}
      podPatch: {spec: {hostAliases: [{ip: 192.0.2.1, hostnames: [proxy.internal]}]}}
`

// TestStorage serves a model and an adapter from volumes with an existing ServiceAccount. The
// next replica finds the cache of the previous one, which an unprivileged user wrote.
func TestStorage(t *testing.T) {
	t.Parallel()
	kubectl(t, "create", "namespace", storageSpace)
	t.Cleanup(func() { kubectl(t, "delete", "namespace", storageSpace) })
	kubectl(t, "label", "namespace", storageSpace, "pod-security.kubernetes.io/enforce=restricted")
	kubectl(t, "--namespace="+storageSpace, "create", "serviceaccount", "reader")
	for claim, folder := range map[string]string{"weights": "mistralai/Mistral-7B-Instruct-v0.2", "adapters": "legal", "cache": ""} {
		claimFolder(t, claim, folder)
	}
	s := newStack(t, stored)
	s.up()

	inPod := func(command string) string {
		return strings.TrimSpace(kubectl(t, "--namespace="+storageSpace, "exec", "deployment/chat", "--", "/bin/bash", "-c", command))
	}
	if got := inPod(`echo "$HF_HUB_OFFLINE $UID ${GROUPS[0]}"`); got != "1 2000 0" {
		t.Errorf("offline, user and group are %q, want 1 2000 0", got)
	}
	if out, err := tryKubectl("--namespace="+storageSpace, "exec", "deployment/chat", "--", "/bin/bash", "-c", "echo x > /models/x"); err == nil {
		t.Errorf("the weights can be written to: %s", out)
	}
	if got := inPod(`read -r line < <(while read -r l; do case $l in *proxy.internal*) echo "$l";; esac; done < /etc/hosts); echo "$line"`); !strings.HasPrefix(got, "192.0.2.1") {
		t.Errorf("the patch of the pod is not there: %q", got)
	}
	url := serviceURLIn(t, storageSpace, "chat")
	for _, model := range []string{"chat", "legal"} {
		if err := stream(t.Context(), url, model); err != nil {
			t.Errorf("%s: %v", model, err)
		}
	}

	inPod(`echo compiled > "$HOME/.cache/kept"`)
	before := replicaPods(t, storageSpace)
	kubectl(t, "--namespace="+storageSpace, "delete", "pod", before[0])
	await(t, "another replica", time.Minute, func() bool {
		status, err := askModels(url, "")
		return err == nil && status == http.StatusOK && len(without(replicaPods(t, storageSpace), before)) == 1
	})
	if got := inPod(`read -r line < "$HOME/.cache/kept"; echo "$line"`); got != "compiled" {
		t.Errorf("the next replica finds %q in its cache, want the previous one's content", got)
	}
	if changes := s.preview(); len(changes) != 0 {
		t.Errorf("preview afterwards: %v", changes)
	}
}

// claimFolder binds a claim to a folder of this machine, which contains one folder.
func claimFolder(t *testing.T, claim, folder string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
		t.Fatal(err)
	}
	for folder := dir; folder != os.TempDir() && folder != "/"; folder = filepath.Dir(folder) {
		if err := os.Chmod(folder, 0o777); err != nil { // unprivileged users write to the volume
			t.Fatal(err)
		}
	}
	name := storageSpace + "-" + claim
	size := map[string]any{"storage": "1Gi"}
	createOnce(t, map[string]any{
		"apiVersion": "v1", "kind": "PersistentVolume", "metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"capacity": size, "accessModes": []any{"ReadWriteMany"}, "storageClassName": "", "persistentVolumeReclaimPolicy": "Retain",
			"hostPath": map[string]any{"path": dir, "type": "Directory"},
		},
	})
	createOnce(t, map[string]any{
		"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": map[string]any{"name": claim, "namespace": storageSpace},
		"spec": map[string]any{
			"accessModes": []any{"ReadWriteMany"}, "storageClassName": "", "volumeName": name, "resources": map[string]any{"requests": size},
		},
	})
	await(t, fmt.Sprintf("the claim %s is bound", claim), time.Minute, func() bool {
		return kubectl(t, "--namespace="+storageSpace, "get", "pvc", claim, "--output=jsonpath={.status.phase}") == "Bound"
	})
}
