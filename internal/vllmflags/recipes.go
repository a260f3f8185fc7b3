package vllmflags

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed recipes.tsv
var recipesTSV string

// recipe holds the parsers of a family of models, as vllm-project/recipes gives them
// (models/*.yaml of 2026-08-21).
type recipe struct {
	family  string
	parsers map[string][]string // by flag
}

var recipes = readRecipes(recipesTSV)

func readRecipes(table string) []recipe {
	var out []recipe
	for _, f := range rows(table, 4) {
		r := recipe{family: f[0], parsers: map[string][]string{}}
		for i, flag := range []string{"--tool-call-parser", "--reasoning-parser"} {
			if cell := f[i+1]; cell != "-" {
				r.parsers[flag] = strings.Split(cell, ",")
			}
		}
		out = append(out, r)
	}
	return out
}

// OtherParsers returns the parsers that vLLM's recipes give a model for a flag,
// where the parser is not among them; nil if it is, or if no recipe is known.
func OtherParsers(model, flag, parser string) []string {
	var longest recipe
	for _, r := range recipes {
		if strings.HasPrefix(strings.ToLower(model), strings.ToLower(r.family)) && len(r.family) > len(longest.family) {
			longest = r
		}
	}
	if parsers := longest.parsers[flag]; parser != "" && !slices.Contains(parsers, parser) {
		return parsers
	}
	return nil
}
