package vllmflags

import (
	"slices"
	"testing"
)

// TestRecipesNameParsersThatExist checks that the tables agree.
func TestRecipesNameParsersThatExist(t *testing.T) {
	for _, r := range recipes {
		for flag, parsers := range r.parsers {
			for _, parser := range parsers {
				if problem := NameProblem(flag, parser); problem != "" {
					t.Errorf("%s: %s %s", r.family, flag, problem)
				}
			}
		}
	}
	if len(recipes) < 30 {
		t.Errorf("only %d recipes", len(recipes))
	}
}

func TestOtherParsers(t *testing.T) {
	const tools, reasoning = "--tool-call-parser", "--reasoning-parser"
	for _, c := range []struct {
		model, flag, given string
		want               []string
	}{
		{"Qwen/Qwen3-8B", tools, "hermes", nil},
		{"Qwen/Qwen3-Coder-30B-A3B-Instruct", tools, "hermes", []string{"qwen3_coder", "qwen3_xml"}},
		{"Qwen/Qwen3-Coder-30B-A3B-Instruct", tools, "qwen3_xml", nil},
		{"Qwen/Qwen3-Coder-30B-A3B-Instruct", reasoning, "qwen3", nil},
		{"deepseek-ai/DeepSeek-V3.1", tools, "deepseek_v3", []string{"deepseek_v31"}},
		{"deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", tools, "hermes", nil},
		{"openai/gpt-oss-20b", tools, "hermes", []string{"openai"}},
		{"someone/else", tools, "hermes", nil},
		{"openai/gpt-oss-20b", tools, "", nil},
	} {
		if got := OtherParsers(c.model, c.flag, c.given); !slices.Equal(got, c.want) {
			t.Errorf("%s with %s %q: %q, want %q", c.model, c.flag, c.given, got, c.want)
		}
	}
}
