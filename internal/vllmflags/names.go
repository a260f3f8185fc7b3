package vllmflags

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Name holds one line of a table of names: quantization methods, types of the KV cache,
// load formats or parsers.
type Name struct {
	Value string
	// Since is the first release that is known to have the name; "" for a name that was
	// removed before.
	Since string
	// Until is a release that is known not to have the name; "" if vLLM has the name.
	Until string
	// Source is the source of the line, and Instead the replacement of a removed name.
	Source, Instead string
}

// vLLM refuses an unknown name when it starts, after the GPU was allocated. Sources: M is
// vllm-project/vllm main at 2f41c894e3 (2026-08-20, a week before v0.28.0); N28, N29 and
// N30 are chrisqianz/vllm-cli CHANGELOG.md at 00c1d8d851 for these releases; a number is
// that of an upstream pull request.
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
	var list []Name
	for _, f := range rows(table, 5) {
		for i, cell := range f {
			if cell == "-" {
				f[i] = ""
			}
		}
		list = append(list, Name{Value: f[0], Since: f[1], Until: f[2], Source: f[3], Instead: f[4]})
	}
	return list
}

// Names returns the names that vLLM accepts for a flag, in order; nil for a flag
// without a table.
func Names(flag string) []string {
	var list []string
	for _, n := range names[flag] {
		if n.Until == "" {
			list = append(list, n.Value)
		}
	}
	return list
}

// NameProblem returns the problem of a value of a flag with a table of names, as text
// that begins with a verb; "" if there is none.
func NameProblem(flag, value string) string {
	table, ok := names[flag]
	i := slices.IndexFunc(table, func(n Name) bool { return n.Value == value })
	switch {
	case !ok, i >= 0 && table[i].Until == "":
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

// nearest returns the candidate that is most similar to a text, and the number of
// edits.
func nearest(text string, candidates []string) (string, int) {
	best, distance := "", 1<<30
	for _, candidate := range candidates {
		if d := levenshtein.Distance(text, candidate, nil); d < distance {
			best, distance = candidate, d
		}
	}
	return best, distance
}
