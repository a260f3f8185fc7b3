package vllmflags

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed recipes.tsv
var recipesTSV string

// recipe holds the parsers of a family of models, from vllm-project/recipes
// (models/*.yaml of 2026-08-21).
type recipe struct {
	family  string
	parsers map[string][]string // by flag
}

var recipes = readRecipes(recipesTSV)

func readRecipes(table string) []recipe {
	var list []recipe
	for _, f := range rows(table, 4) {
		r := recipe{family: f[0], parsers: map[string][]string{}}
		for i, flag := range []string{"--tool-call-parser", "--reasoning-parser"} {
			if cell := f[i+1]; cell != "-" {
				r.parsers[flag] = strings.Split(cell, ",")
			}
		}
		list = append(list, r)
	}
	return list
}

// OtherParsers returns the parsers of vLLM's recipes for a model and a flag, if parser
// is not among them; nil if it is, or if there is no recipe.
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
