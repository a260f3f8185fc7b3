package vllmflags

import (
	"regexp"
	"strings"
	"testing"
)

// TestNamesHaveReleasesAndSources checks that each line states its releases and its
// source.
func TestNamesHaveReleasesAndSources(t *testing.T) {
	release := regexp.MustCompile(`^0\.\d+$`)
	for flag, table := range names {
		if _, ok := options[flag]; !ok {
			t.Errorf("%s is not a flag", flag)
		}
		for _, n := range table {
			switch {
			case n.Source == "":
				t.Errorf("%s %s: no source", flag, n.Value)
			case n.Until == "" && !release.MatchString(n.Since):
				t.Errorf("%s %s: first seen in %q", flag, n.Value, n.Since)
			case n.Until != "" && (!release.MatchString(n.Until) || n.Instead == ""):
				t.Errorf("%s %s: gone by %q, instead %q", flag, n.Value, n.Until, n.Instead)
			}
		}
	}
}

func TestNameProblem(t *testing.T) {
	cases := map[string]struct{ flag, value, want string }{
		"method":                  {"--quantization", "awq", ""},
		"methods once refused":    {"--quantization", "fp8_per_channel", ""},
		"moved into a plugin":     {"--quantization", "bitsandbytes", `is "bitsandbytes", which vLLM does not have (gone by 0.28); it moved to vllm-bnb-plugin`},
		"moved earlier":           {"--quantization", "gguf", `is "gguf", which vLLM does not have (gone by 0.24); it moved to vllm-gguf-plugin`},
		"removed":                 {"--quantization", "ptpc_fp8", `is "ptpc_fp8", which vLLM does not have (gone by 0.19); fp8_per_channel`},
		"other name":              {"--quantization", "auto_round", `is "auto_round", which vLLM does not have (gone by 0.28); inc is its name`},
		"typing error":            {"--quantization", "awqq", `is "awqq", want one of auto_awq, auto_gptq, awq,`},
		"suggestion":              {"--tool-call-parser", "qwen3coder", "(did you mean qwen3_coder?)"},
		"family instead of name":  {"--tool-call-parser", "llama3", "want one of apertus,"},
		"cache type":              {"--kv-cache-dtype", "nvfp4_4over6", ""},
		"cache type without name": {"--kv-cache-dtype", "int8", `gone by 0.28); int8_per_token_head`},
		"format":                  {"--load-format", "bitsandbytes", "vllm-bnb-plugin"},
		"reasoning":               {"--reasoning-parser", "deepseek_v41", ""},
		"reasoning that is gone":  {"--reasoning-parser", "identity", "leave reasoningParser out"},
		"flag without a table":    {"--seed", "x", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := NameProblem(c.flag, c.value); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q in it", got, c.want)
			}
		})
	}
}

// TestCustomImagesMayHaveMore checks that an unknown name is a warning for an image
// other than the project's, and that dangerous arguments stay refused.
func TestCustomImagesMayHaveMore(t *testing.T) {
	for _, c := range []struct {
		args          []string
		stock, custom string // "": accepted, w: a warning, e: refused
	}{
		{[]string{"--flag-of-tomorrow", "1"}, "e", "w"},
		{[]string{"--flag-of-tomorrow=1"}, "e", "w"},
		{[]string{"--load-format", "of-tomorrow"}, "e", "w"},
		{[]string{"--load-format", "bitsandbytes"}, "e", "w"},
		{[]string{"--load-format", "safetensors"}, "", ""},
		{[]string{"--moe-backend", "of-tomorrow"}, "w", "w"},
		{[]string{"--attention-backend", "ROCM_AITER_FA"}, "w", "w"},
		{[]string{"--attention-backend", "FLASHINFER"}, "", ""},
		{[]string{"--spec-method", "glm4_moe_mtp"}, "", ""},
		{[]string{"--trust-remote-code"}, "e", "e"},
		{[]string{"--tool-parser-plugin", "/x.py"}, "e", "e"},
		{[]string{"--distributed-executor-backend", "ray"}, "e", "e"},
		{[]string{"--swap-space", "4"}, "e", "e"},
		{[]string{"--dtype", "int3"}, "e", "e"},
	} {
		for image, want := range map[Image]string{Stock: c.stock, Custom: c.custom} {
			got := ""
			for _, p := range CheckExtra(c.args, nil, image) {
				got += map[bool]string{true: "w", false: "e"}[p.Warning]
			}
			if got != want {
				t.Errorf("%v for image %d: %q, want %q", c.args, image, got, want)
			}
		}
	}
}

// TestUnknownFlagsNameTheTable checks that the message names the release of the tables.
func TestUnknownFlagsNameTheTable(t *testing.T) {
	for _, image := range []Image{Stock, Custom} {
		found := CheckExtra([]string{"--flag-of-tomorrow"}, nil, image)
		if len(found) != 1 || !strings.Contains(found[0].Message, TableRelease) {
			t.Errorf("%v does not name %s", found, TableRelease)
		}
	}
}

func TestParseKnownKeepsTheRest(t *testing.T) {
	parsed, unknown, err := ParseKnown([]string{"org/m", "--flag-of-tomorrow", "7", "--max-num-seqs", "8"})
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := parsed.Int("--max-num-seqs"); !ok || n != 8 || parsed.Model != "org/m" {
		t.Errorf("parsed %q with %d sequences", parsed.Model, n)
	}
	if len(unknown) != 2 || unknown[0] != "--flag-of-tomorrow" {
		t.Errorf("unknown are %q", unknown)
	}
	if _, err := Parse([]string{"org/m", "--flag-of-tomorrow"}); err == nil {
		t.Error("Parse accepts an unknown flag")
	}
}
