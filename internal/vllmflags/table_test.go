package vllmflags

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

func TestTablesAreSortedAndUnique(t *testing.T) {
	for name, table := range map[string]string{
		"flags.tsv": flagsTSV, "removed.tsv": removedTSV, "dangerous.tsv": dangerousTSV, "choices.tsv": choicesTSV,
		"quantization.tsv": quantizationTSV, "kvcachedtypes.tsv": kvCacheDTypesTSV, "loadformats.tsv": loadFormatsTSV,
		"toolparsers.tsv": toolParsersTSV, "reasoningparsers.tsv": reasoningParsersTSV,
	} {
		columns := len(strings.Split(strings.SplitN(table, "\n", 2)[0], "\t"))
		var names []string
		for i, line := range strings.Split(strings.TrimSuffix(table, "\n"), "\n") {
			fields := strings.Split(line, "\t")
			if len(fields) != columns {
				t.Errorf("%s:%d: %d columns, want %d", name, i+1, len(fields), columns)
			}
			if i > 0 {
				names = append(names, fields[0])
			}
		}
		if !slices.IsSorted(names) {
			t.Errorf("%s is not in order of name", name)
		}
		if compact := slices.Compact(slices.Clone(names)); len(compact) != len(names) {
			t.Errorf("%s names a flag twice", name)
		}
	}
}

// TestTableMatchesTheReleaseDump compares the numbers of flags with those of the
// v0.29.0 parser's dump. A line that is lost or added by mistake fails the test.
func TestTableMatchesTheReleaseDump(t *testing.T) {
	pairs, switches, valued := 0, 0, 0
	for _, f := range Flags() {
		switch {
		case f.Since != "0.29":
		case f.Kind == KindBool:
			pairs++
		case f.Kind == KindTrue:
			switches++
		default:
			valued++
		}
	}
	pairs++ // --enable-bf16x3-router-gemm, gone in 0.30
	if pairs != 80 || switches != 5 || valued != 207 {
		t.Errorf("on/off pairs, switches, valued flags = %d, %d, %d; the dump has 80, 5, 207: a flag that v0.29.0 lacks has a later release as first seen, and a removed one is counted here", pairs, switches, valued)
	}
}

// TestOnlyReleasedFlagsAreListed checks that every flag belongs to a release from 0.29
// to TableRelease. The image would refuse a flag that only the main branch has. A flag
// of a later release requires a higher TableRelease.
func TestOnlyReleasedFlagsAreListed(t *testing.T) {
	release := regexp.MustCompile(`^0\.\d+$`)
	byRelease := map[string]int{}
	for _, f := range Flags() {
		byRelease[f.Since]++
		if !release.MatchString(f.Since) || versions.Compare("v"+f.Since+".0", "v0.29.0") < 0 || versions.Compare("v"+f.Since+".0", TableRelease) > 0 {
			t.Errorf("%s: first seen in %q, want a release from 0.29 to %s; raise TableRelease for a later one", f.Name, f.Since, TableRelease)
		}
	}
	if newest := strings.TrimSuffix(strings.TrimPrefix(TableRelease, "v"), ".0"); byRelease[newest] == 0 {
		t.Errorf("no flag is first seen in %s, which is TableRelease", newest)
	}
	for _, name := range []string{"--enable-bf16x3-router-gemm", "--enable-mamba-fine-grained-prefix-cache", "--new-in-0-32"} {
		if _, err := Parse([]string{"m", name}); err == nil || err.Error() != "unrecognized arguments: "+name {
			t.Errorf("%s: %v", name, err)
		}
		if problems := CheckExtra([]string{name}, nil, Stock); len(problems) != 1 {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestTableColumnsMakeSense(t *testing.T) {
	kinds := []Kind{KindString, KindInt, KindHumanInt, KindHumanAuto, KindFloat, KindBool, KindTrue, KindJSON, KindDict, KindConfig}
	arities := []Arity{ArityNone, ArityOne, ArityMany, ArityMaybe, ArityAppend}
	shorts := map[string]string{}
	for _, f := range Flags() {
		if !slices.Contains(kinds, f.Kind) || !slices.Contains(arities, f.Arity) {
			t.Errorf("%s: kind %q, arity %q", f.Name, f.Kind, f.Arity)
		}
		if isSwitch := f.Kind == KindBool || f.Kind == KindTrue; isSwitch != (f.Arity == ArityNone) {
			t.Errorf("%s: kind %q with arity %q", f.Name, f.Kind, f.Arity)
		}
		if f.Short != "" && shorts[f.Short] != "" {
			t.Errorf("%s and %s share %s", f.Name, shorts[f.Short], f.Short)
		}
		shorts[f.Short] = f.Name
		for _, choice := range f.Choices {
			if choice == "None" {
				continue
			}
			if message := f.check(choice); message != "" {
				t.Errorf("%s refuses its own choice %q: %s", f.Name, choice, message)
			}
		}
		if _, gone := removed[f.Name]; gone {
			t.Errorf("%s is both present and removed", f.Name)
		}
	}
	for name, gone := range removed {
		if gone.Instead == "" || gone.GoneBy == "" {
			t.Errorf("%s: it has no replacement", name)
		}
	}
}

// TestReplacementsExist checks that every flag in a replacement exists.
func TestReplacementsExist(t *testing.T) {
	for name, gone := range removed {
		for _, field := range strings.FieldsFunc(gone.Instead, func(r rune) bool { return strings.ContainsRune(" ,;:()", r) }) {
			flag, _, _ := strings.Cut(field, ".")
			if _, ok := options[flag]; strings.HasPrefix(flag, "--") && !ok {
				t.Errorf("%s points to %s, which does not exist", name, flag)
			}
			if _, refused := dangerous[flag]; refused {
				t.Errorf("%s points to %s, which is refused", name, flag)
			}
		}
	}
}

func TestDangerousFlagsExist(t *testing.T) {
	for name := range dangerous {
		if _, ok := options[name]; !ok && name != "--grpc-port" {
			t.Errorf("%s is not a flag", name)
		}
	}
}
