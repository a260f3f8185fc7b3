package fieldmanager

import (
	"strings"
	"testing"
)

// TestName checks Kubernetes' rules for the name, and that two stacks never share one.
func TestName(t *testing.T) {
	long := strings.Repeat("s", 127)
	seen := map[string]string{}
	for _, stack := range []string{"dev", "prod", "prod2", long + "a", long + "b"} {
		name := Name("vllm-eks", stack)
		if owner, ok := seen[name]; ok {
			t.Errorf("the stacks %s and %s share the name %s", owner, stack, name)
		}
		seen[name] = stack
		if len(name) > 128 || !strings.HasPrefix(name, "vllm-eks/") {
			t.Errorf("the name is %q with %d characters, want vllm-eks/ and at most 128", name, len(name))
		}
		if again := Name("vllm-eks", stack); again != name {
			t.Errorf("the stack %s has the names %s and %s", stack, name, again)
		}
	}
	if got := Name("serving", "prod"); got != "serving/prod" {
		t.Errorf("the name is %s, want serving/prod", got)
	}
}
