package stack

import (
	"os"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// TestDocumentedChartsAreThoseInstalled holds that the documentation says which
// versions run.
func TestDocumentedChartsAreThoseInstalled(t *testing.T) {
	text, err := os.ReadFile("../docs/addons.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range versions.Charts() {
		if !strings.Contains(string(text), "| "+c.Name+" "+c.Version) {
			t.Errorf("docs/addons.md does not say that %s %s is installed", c.Name, c.Version)
		}
	}
}
