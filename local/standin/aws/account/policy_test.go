package account

import (
	"slices"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/deploypolicy"
)

// TestEveryKindAndFunctionHasItsIAMActions holds that the policies in docs/ allow every type
// and function of the simulated account, and those that the pulumi-eks component registers.
func TestEveryKindAndFunctionHasItsIAMActions(t *testing.T) {
	subjects, err := deploypolicy.Subjects()
	if err != nil {
		t.Fatal(err)
	}
	for typ := range kinds {
		if _, byAdministrator := byToken(bootstrapKinds)[typ]; byAdministrator {
			if slices.Contains(subjects, typ) {
				t.Errorf("%s is in internal/deploypolicy/actions.tsv, and pipelines must not have its actions", typ)
			}
			continue
		}
		if !slices.Contains(subjects, typ) {
			t.Errorf("%s is not in internal/deploypolicy/actions.tsv", typ)
		}
	}
	for token := range functions {
		if !slices.Contains(subjects, token) {
			t.Errorf("%s is not in internal/deploypolicy/actions.tsv", token)
		}
	}
	if len(kinds) < 20 || len(functions) < 5 {
		t.Errorf("the account knows %d kinds and %d functions", len(kinds), len(functions))
	}
}
