//go:build cluster

package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

const acceptedSpace = "e2e-accepted"

// TestAPIServerAcceptsObjects sends every object of the examples and the stacks to the API
// server as a dry run. The API server decodes it strictly, validates it against the definitions
// of KEDA and of Prometheus' operator, and admits it to a restricted namespace. Admission of a
// Deployment does not check its pods, so the pod of each is sent too.
func TestAPIServerAcceptsObjects(t *testing.T) {
	kubectl(t, "create", "namespace", acceptedSpace)
	t.Cleanup(func() { kubectl(t, "delete", "namespace", acceptedSpace, "--wait=false") })
	kubectl(t, "label", "namespace", acceptedSpace, "pod-security.kubernetes.io/enforce=restricted",
		"pod-security.kubernetes.io/warn=restricted", "pod-security.kubernetes.io/warn-version=latest")
	createOnce(t, map[string]any{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": map[string]any{"name": "serving"}, "value": 1000})

	root := checkout(t).Root
	folders, err := stacktest.GoldenFolders(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		name, _ := filepath.Rel(root, folder)
		t.Run(name, func(t *testing.T) { expectAccepted(t, folder) })
	}
	t.Run("objects of the platform are among them", func(t *testing.T) {
		for _, stack := range []string{"dev", "prod"} {
			for _, kind := range []string{"kubernetes:storage.k8s.io/v1:StorageClass", "kubernetes:core/v1:Namespace", "kubernetes:networking.k8s.io/v1:NetworkPolicy"} {
				if !slices.ContainsFunc(recordedStack(t, stack), func(r stacktest.Resource) bool { return r.Type == kind }) {
					t.Errorf("%s registers no %s", stack, kind)
				}
			}
		}
	})
	t.Run("wrong objects are refused", func(t *testing.T) {
		for want, object := range map[string]string{
			"unknown field": `{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"prots":[]}}`,
			"thresholdd":    `{"apiVersion":"keda.sh/v1alpha1","kind":"ScaledObject","metadata":{"name":"a"},"spec":{"scaleTargetRef":{"name":"a"},"triggers":[{"type":"prometheus","metadata":{},"thresholdd":"1"}]}}`,
			"PodSecurity":   `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"a"}]}}`,
		} {
			if out, err := dryRun(t, []byte(object)); err == nil || !strings.Contains(out, want) {
				t.Errorf("%s: %v, %s", object, err, out)
			}
		}
	})
}

// expectAccepted sends the objects of one folder of golden files.
func expectAccepted(t *testing.T, folder string) {
	resources, err := stacktest.ReadFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	var items []any
	for _, r := range resources {
		object := r.Inputs
		// The golden files have a chart's values instead of its objects, so patches of
		// those objects are skipped.
		if strings.HasSuffix(r.Type, "Patch") || !strings.HasPrefix(r.Type, "kubernetes:") || r.Read || strings.HasPrefix(r.Type, "kubernetes:helm.sh/") {
			continue
		}
		metadata := object["metadata"].(map[string]any)
		if metadata["namespace"] != nil {
			metadata["namespace"] = acceptedSpace
		} else {
			metadata["name"] = acceptedSpace + "-" + fmt.Sprint(metadata["name"])
		}
		if object["kind"] == "Secret" {
			metadata["name"] = "recorded" // the provider chooses the name
		}
		items = append(items, object)
		if object["kind"] == "Deployment" {
			items = append(items, podOf(object))
		}
	}
	list, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	if err != nil {
		t.Fatal(err)
	}
	out, err := dryRun(t, list)
	if err != nil {
		t.Fatalf("refused: %v\n%s", err, out)
	}
	if strings.Contains(out, "Warning") {
		t.Errorf("accepted with a warning:\n%s", out)
	}
	if accepted := strings.Count(out, "(server dry run)"); accepted != len(items) {
		t.Errorf("%d of %d objects accepted:\n%s", accepted, len(items), out)
	}
}

// podOf returns the pod of a Deployment. It has the namespace's default ServiceAccount, because
// the service's own is not stored.
func podOf(deployment map[string]any) map[string]any {
	template := deployment["spec"].(map[string]any)["template"].(map[string]any)
	spec := map[string]any{}
	for key, value := range template["spec"].(map[string]any) {
		spec[key] = value
	}
	spec["serviceAccountName"] = "default"
	metadata := map[string]any{"name": "pod-" + fmt.Sprint(deployment["metadata"].(map[string]any)["name"]), "namespace": acceptedSpace}
	for key, value := range template["metadata"].(map[string]any) {
		metadata[key] = value
	}
	return map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
}

// dryRun makes the API server decode, validate and admit objects without storing them.
func dryRun(t *testing.T, objects []byte) (string, error) {
	t.Helper()
	return kubectlWithInput(string(objects), "create", "--namespace="+acceptedSpace, "--dry-run=server", "--validate=strict", "--filename=-")
}

// createOnce creates an object and deletes it at the end of the test.
func createOnce(t *testing.T, object map[string]any) {
	t.Helper()
	content, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	do := func(verb string) {
		if out, err := kubectlWithInput(string(content), verb, "--filename=-"); err != nil {
			t.Fatalf("kubectl %s: %v\n%s", verb, err, out)
		}
	}
	do("create")
	t.Cleanup(func() { do("delete") })
}
