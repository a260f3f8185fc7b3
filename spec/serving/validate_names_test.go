package serving

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

// TestNamesOfVLLM holds that a name that the stock image does not have is refused
// by its key, and is a warning where the image may have it.
func TestNamesOfVLLM(t *testing.T) {
	cases := map[string]struct {
		change func(*Spec)
		key    string // "": accepted
	}{
		"tool parser":              {func(s *Spec) { s.Model.ToolCallParser = "hermes" }, ""},
		"tool parser misspelled":   {func(s *Spec) { s.Model.ToolCallParser = "qwen3coder" }, "toolCallParser"},
		"reasoning parser":         {func(s *Spec) { s.Model.ReasoningParser = "qwen3" }, ""},
		"reasoning parser unknown": {func(s *Spec) { s.Model.ReasoningParser = "qwen" }, "reasoningParser"},
		"quantization in a plugin": {func(s *Spec) { s.Model.Quantization = "bitsandbytes" }, "quantization"},
		"cache type":               {func(s *Spec) { s.Model.KVCacheDType = "int9" }, "kvCacheDtype"},
		"load format":              {func(s *Spec) { s.ExtraArgs = []string{"--load-format", "gguf"} }, "extraArgs[1]"},
		"flag":                     {func(s *Spec) { s.ExtraArgs = []string{"--flag-of-tomorrow"} }, "extraArgs[0]"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := problems.Err(sizeable(c.change).Validate(field.NewPath("models[0]")))
			if c.key == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			problemstest.Check(t, err, []string{"models[0]." + c.key + ": invalid"}, nil)
			for origin, custom := range map[string]func(*Spec){
				"image":       func(s *Spec) { s.Image = "registry.example.com/vllm:plugins-3" },
				"vllmVersion": func(s *Spec) { s.VLLMVersion = "v0.99.0" },
			} {
				spec := sizeable(func(s *Spec) { c.change(s); custom(s) })
				if err := problems.Err(spec.Validate(field.NewPath("models[0]"))); err != nil {
					t.Errorf("%s: refused: %v", origin, err)
				}
				if warned := strings.Join(spec.Warnings(), "\n"); !strings.Contains(warned, "a: "+c.key+": ") {
					t.Errorf("%s: no warning of %s in %q", origin, c.key, warned)
				}
			}
		})
	}
}

// TestDangerousStaysRefused holds that no image makes a dangerous argument a
// warning.
func TestDangerousStaysRefused(t *testing.T) {
	for _, args := range [][]string{{"--trust-remote-code"}, {"--enable-prompt-embeds"}, {"--distributed-executor-backend", "ray"}, {"--kv-transfer-config", `{"kv_connector_module_path":"x"}`}} {
		spec := sizeable(func(s *Spec) { s.Image, s.ExtraArgs = "registry.example.com/vllm:plugins-3", args })
		want := []string{fmt.Sprintf("models[0].extraArgs[%d]: invalid", len(args)-1)}
		if got := problemstest.KindsOf(spec.Validate(field.NewPath("models[0]"))); !slices.Equal(got, want) {
			t.Errorf("%q: the problems are %q, want %q", args, got, want)
		}
	}
}
