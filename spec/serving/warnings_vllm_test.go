package serving

import (
	"strings"
	"testing"
)

// sizeable returns a valid spec whose model and GPU are known, as changed.
func sizeable(change func(*Spec)) Spec {
	s := Spec{
		Name: "a", Namespace: "inference",
		Model:     Model{ID: "Qwen/Qwen3-8B", MaxLen: 4096},
		NodeGroup: NodeGroup{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 4},
	}
	if change != nil {
		change(&s)
	}
	return s.WithDefaults()
}

func TestWarningsOfANewerRelease(t *testing.T) {
	cases := map[string]struct {
		change func(*Spec)
		want   string
	}{
		"known":                       {nil, ""},
		"newer":                       {func(s *Spec) { s.VLLMVersion = "v0.99.0" }, "a: vllmVersion is v0.99.0: the program checks flags, names and sizes as those of v0.33.0"},
		"newer by the image":          {func(s *Spec) { s.Image = "vllm/vllm-openai:v0.99.1" }, "a: image is v0.99.1: the program checks flags, names and sizes as those of v0.33.0"},
		"image that does not tell it": {func(s *Spec) { s.Image = "registry.example.com/vllm:stable-7" }, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			warnings := sizeable(c.change).Warnings()
			for _, warning := range warnings {
				if len(warning) > 160 {
					t.Errorf("%q has %d characters, want one short sentence", warning, len(warning))
				}
			}
			warned := strings.Join(warnings, "\n")
			if c.want == "" && strings.Contains(warned, "as those of") || !strings.Contains(warned, c.want) {
				t.Errorf("warnings are %q, want %q among them", warned, c.want)
			}
		})
	}
}
