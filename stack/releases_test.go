package stack

import (
	"fmt"
	"testing"

	"github.com/vllm-eks/vllm-eks/config"
)

// TestDeclaredChartsAreThoseInstalled compares the declared releases, which the
// documentation lists in a table, with the releases of a stack that installs every chart:
// the version, and the Pod Security level of the namespace.
func TestDeclaredChartsAreThoseInstalled(t *testing.T) {
	resources := mustRecordIn(t, inEveryZone(), "everything-aws", everythingOnAWS(t)).Resources()
	levels := map[any]any{}
	for _, r := range resources {
		if r.Type == "kubernetes:core/v1:Namespace" {
			levels[valueAt(r.Inputs, "metadata", "name")] = valueAt(r.Inputs, "metadata", "labels", "pod-security.kubernetes.io/enforce")
		}
	}
	installed := map[string]any{}
	for _, r := range resources {
		if isRelease(r) {
			installed[fmt.Sprint(r.Inputs["chart"], " ", r.Inputs["version"])] = levels[r.Inputs["namespace"]]
		}
	}
	for _, r := range config.Releases() {
		chart := r.Chart.Name + " " + r.Chart.Version
		if level, found := installed[chart]; !found || level != string(r.Namespace.Level) {
			t.Errorf("the stack testdata/everything-aws.yaml installs %s: %t, in a namespace of the level %v, want %s", chart, found, level, r.Namespace.Level)
		}
		delete(installed, chart)
	}
	for chart := range installed {
		t.Errorf("no spec declares %s", chart)
	}
}
