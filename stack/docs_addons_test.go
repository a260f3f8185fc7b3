package stack

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// TestDocumentedChartsAreThoseInstalled compares the pinned charts with those of a
// stack that installs every chart, and with the table of the documentation.
func TestDocumentedChartsAreThoseInstalled(t *testing.T) {
	text, err := os.ReadFile("../docs/addons.md")
	if err != nil {
		t.Fatal(err)
	}
	installed := map[string]bool{}
	for _, r := range mustRecordIn(t, inEveryZone(), "everything-aws", everythingOnAWS(t)).Resources() {
		if isRelease(r) {
			installed[fmt.Sprint(r.Inputs["chart"], " ", r.Inputs["version"])] = true
		}
	}
	for _, c := range versions.Charts() {
		chart := c.Name + " " + c.Version
		if !installed[chart] {
			t.Errorf("the stack testdata/everything-aws.yaml does not install %s", chart)
		}
		delete(installed, chart)
		if !strings.Contains(string(text), "| "+chart) {
			t.Errorf("the table of docs/addons.md does not have %s", chart)
		}
	}
	for chart := range installed {
		t.Errorf("versions.Charts() does not have %s", chart)
	}
}
