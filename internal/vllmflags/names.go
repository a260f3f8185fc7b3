package vllmflags

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Name holds one line of a table of names: of a quantization method, a type of the
// KV cache, a load format or a parser.
type Name struct {
	Value string
	// Since is the first release that is known to have the name; "" for one that was
	// gone before.
	Since string
	// Until is a release that is known not to have it; "" where vLLM has it.
	Until string
	// Source is where that was read, and Instead what a configuration with a name
	// that is gone needs.
	Source, Instead string
}

// vLLM refuses a name that it does not have when the engine starts, after the GPU
// has. Sources: M is vllm-project/vllm main at 2f41c894e3 (2026-08-20, a week before
// v0.28.0); N28, N29 and N30 are chrisqianz/vllm-cli CHANGELOG.md at 00c1d8d851 for
// these releases; a number is that of an upstream pull request.
var (
	//go:embed quantization.tsv
	quantizationTSV string
	//go:embed kvcachedtypes.tsv
	kvCacheDTypesTSV string
	//go:embed loadformats.tsv
	loadFormatsTSV string
	//go:embed toolparsers.tsv
	toolParsersTSV string
	//go:embed reasoningparsers.tsv
	reasoningParsersTSV string
)

var names = map[string][]Name{
	"--quantization":     readNames(quantizationTSV),
	"--kv-cache-dtype":   readNames(kvCacheDTypesTSV),
	"--load-format":      readNames(loadFormatsTSV),
	"--tool-call-parser": readNames(toolParsersTSV),
	"--reasoning-parser": readNames(reasoningParsersTSV),
}

func readNames(table string) []Name {
	var out []Name
	for _, f := range rows(table, 5) {
		for i, cell := range f {
			if cell == "-" {
				f[i] = ""
			}
		}
		out = append(out, Name{Value: f[0], Since: f[1], Until: f[2], Source: f[3], Instead: f[4]})
	}
	return out
}

// Names returns the names that vLLM takes for a flag, in order; nil for a flag
// without a table.
func Names(flag string) []string {
	var out []string
	for _, n := range names[flag] {
		if n.Until == "" {
			out = append(out, n.Value)
		}
	}
	return out
}

// NameProblem returns what is wrong with a value of a flag that has a table of
// names, beginning with a verb; "" if nothing.
func NameProblem(flag, value string) string {
	table, has := names[flag]
	i := slices.IndexFunc(table, func(n Name) bool { return n.Value == value })
	switch {
	case !has, i >= 0 && table[i].Until == "":
		return ""
	case i >= 0:
		return fmt.Sprintf("is %q, which vLLM does not have (gone by %s); %s", value, table[i].Until, table[i].Instead)
	}
	accepted := Names(flag)
	hint := ""
	if near, distance := nearest(value, accepted); distance <= max(2, len(value)/4) {
		hint = fmt.Sprintf(" (did you mean %s?)", near)
	}
	return fmt.Sprintf("is %q, want one of %s%s", value, strings.Join(accepted, ", "), hint)
}

// nearest returns the text that differs least from another, and by how much.
func nearest(text string, among []string) (string, int) {
	best, distance := "", 1<<30
	for _, candidate := range among {
		if d := levenshtein.Distance(text, candidate, nil); d < distance {
			best, distance = candidate, d
		}
	}
	return best, distance
}
