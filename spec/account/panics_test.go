package account_test

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/spec/account"
)

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Types:     []any{account.Quota{}, account.Spec{}},
		Functions: map[string]any{"LogGroupName": account.LogGroupName, "QuotaOf": account.QuotaOf, "Regions": account.Regions},
	}.Check(t, ".")
}
