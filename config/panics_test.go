package config_test

import (
	"testing"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/panicstest"
)

// TestNothingPanics calls everything that the package exports with nil, zero and odd
// values.
func TestNothingPanics(t *testing.T) {
	panicstest.Package{
		Types:     []any{config.Charts{}, config.Config{}, config.Platform{}, config.Size{}, config.Source{}},
		Functions: map[string]any{"Load": config.Load, "Keys": config.Keys, "Forms": config.Forms, "Releases": config.Releases, "ReadDeployed": config.ReadDeployed},
	}.Check(t, ".")
}
