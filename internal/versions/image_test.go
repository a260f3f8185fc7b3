package versions

import (
	"strings"
	"testing"
)

func TestCheckVLLM(t *testing.T) {
	tests := []struct{ version, want string }{
		{"v0.33.0", ""},
		{"v0.33.1", ""},
		{"v0.100.0", ""},
		{"v1.0.0", ""},
		{"v0.32.0", "has known vulnerabilities"},
		{"v0.9.2", "has known vulnerabilities"},
		{"0.33.0", "want a release such as v0.33.0"},
		{"v0.33", "want a release"},
		{"v0.33.0rc1", "want a release"},
		{"latest", "changes without a deployment"},
		{"nightly", "changes without a deployment"},
		{"v99999999999999999999.0.0", "known vulnerabilities"},
	}
	for _, test := range tests {
		if got := CheckVLLM(test.version); !matches(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.version, got, test.want)
		}
	}
}

func TestCheckImage(t *testing.T) {
	sum := "@sha256:" + strings.Repeat("0a", 32)
	tests := []struct{ image, want string }{
		{"vllm/vllm-openai:v0.33.0", ""},
		{"vllm/vllm-openai:v0.34.0-cu130", ""},
		{"vllm/vllm-openai:0.33.0", ""},
		{"vllm/vllm-openai" + sum, ""},
		{"vllm/vllm-openai:latest" + sum, ""},
		{"localhost/vllmsim:v0.33.0", ""},
		{"registry.example.com:5000/team/vllm:2026-11-01", ""},
		{"vllm/vllm-openai:v0.32.0-cu130", "known vulnerabilities"},
		{"vllm/vllm-openai:v0.32.0" + sum, "known vulnerabilities"},
		{"vllm/vllm-openai", "has no tag"},
		{"registry.example.com:5000/vllm", "has no tag"},
		{"vllm/vllm-openai:latest", "tag changes"},
		{"vllm/vllm-openai:latest-cu130", "tag changes"},
		{"vllm/vllm-openai:Nightly-abc", "tag changes"},
		{"vllm/vllm-openai@sha256:abc", "want a digest"},
		{"vllm/vllm-openai:", "has no tag"},
		{"VLLM/vllm-openai:v0.33.0", "want an image"},
		{"vllm openai:v0.33.0", "want an image"},
		{"", "want an image"},
	}
	for _, test := range tests {
		if got := CheckImage(test.image); !matches(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.image, got, test.want)
		}
	}
}

// matches reports whether a message contains the expected text; an empty text expects
// no message.
func matches(got, want string) bool {
	return (want == "") == (got == "") && strings.Contains(got, want)
}

func TestNewerThanKnown(t *testing.T) {
	for version, want := range map[string]bool{VLLM: false, "v0.9.2": false, "v0.33.1": true, "v0.34.0": true, "v0.100.0": true, "v1.0.0": true} {
		if got := NewerThanKnown(version); got != want {
			t.Errorf("%s: %t, want %t", version, got, want)
		}
	}
}
