package vllmflags

import (
	_ "embed"
	"slices"
	"sort"
	"strings"
)

// Kind is the way in which a flag's value is read.
type Kind string

// The kinds of flags.tsv. A trailing "?" (Flag.Optional) means that an empty value or
// "None" is read as "not set".
const (
	KindString    Kind = "str"
	KindInt       Kind = "int"
	KindHumanInt  Kind = "hint"     // 32k, 1M: decimal in lower case, binary in upper case
	KindHumanAuto Kind = "hintauto" // like KindHumanInt, and "auto" or -1
	KindFloat     Kind = "float"
	KindBool      Kind = "bool" // --flag and --no-flag, no value
	KindTrue      Kind = "true" // --flag only, no value
	KindJSON      Kind = "json"
	KindDict      Kind = "dict"   // a JSON object or any other string
	KindConfig    Kind = "config" // a JSON object checked against a configuration class
)

// Arity is the number of values of a flag.
type Arity string

// The arities of flags.tsv.
const (
	ArityNone   Arity = "0"
	ArityOne    Arity = "1"
	ArityMany   Arity = "+"
	ArityMaybe  Arity = "?"
	ArityAppend Arity = "append" // one value each time the flag is given
)

// Flag is one line of flags.tsv.
type Flag struct {
	Name     string // with its two dashes
	Kind     Kind
	Optional bool
	Arity    Arity
	Short    string // "-tp" or another long name, or empty
	Choices  []string
	Since    string // the first release that is known to have it
	Memory   Memory
	// MemoryValues are the values to which Memory applies; nil means all values.
	MemoryValues []string
}

// Removed is a flag that vLLM has removed.
type Removed struct {
	GoneBy  string // a release that is known not to have it
	Instead string
}

//go:embed flags.tsv
var flagsTSV string

//go:embed removed.tsv
var removedTSV string

//go:embed dangerous.tsv
var dangerousTSV string

var (
	flags     = readFlags(flagsTSV)
	removed   = readRemoved(removedTSV)
	dangerous = readDangerous(dangerousTSV)
	options   = indexOptions(flags)
	optionSet = sortedKeys(options)
)

// Flags returns every flag that vLLM accepts, in order of name.
func Flags() []Flag {
	return slices.Clone(flags)
}

// RemovedFlags returns the names of the flags that vLLM has removed, in order.
func RemovedFlags() []string {
	return sortedKeys(removed)
}

// option is one spelling of a flag: its name, its short form or its --no- form.
type option struct {
	flag    *Flag
	negated bool
}

func rows(table string, columns int) [][]string {
	var list [][]string
	for _, line := range strings.Split(table, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if fields := strings.Split(line, "\t"); len(fields) == columns {
			list = append(list, fields)
		}
	}
	return list
}

func readFlags(table string) []Flag {
	var list []Flag
	for _, f := range rows(table, 7) {
		flag := Flag{Name: f[0], Arity: Arity(f[2]), Since: f[5]}
		flag.Memory, flag.MemoryValues = readMemory(f[6])
		kind, optional := strings.CutSuffix(f[1], "?")
		flag.Kind, flag.Optional = Kind(kind), optional
		if f[3] != "-" {
			flag.Short = f[3]
		}
		if f[4] != "-" {
			flag.Choices = strings.Split(f[4], ",")
		}
		list = append(list, flag)
	}
	return list
}

func readRemoved(table string) map[string]Removed {
	entries := map[string]Removed{}
	for _, f := range rows(table, 3) {
		entries[f[0]] = Removed{GoneBy: f[1], Instead: f[2]}
	}
	return entries
}

func readDangerous(table string) map[string]string {
	reasons := map[string]string{}
	for _, f := range rows(table, 2) {
		reasons[f[0]] = f[1]
	}
	return reasons
}

func indexOptions(flags []Flag) map[string]option {
	index := map[string]option{"--help": {}, "-h": {}}
	for i := range flags {
		flag := &flags[i]
		index[flag.Name] = option{flag: flag}
		if flag.Short != "" {
			index[flag.Short] = option{flag: flag}
		}
		if flag.Kind == KindBool {
			index["--no-"+strings.TrimPrefix(flag.Name, "--")] = option{flag: flag, negated: true}
		}
	}
	return index
}

func sortedKeys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

// display returns the flag in the form of argparse's messages.
func (f *Flag) display() string {
	names := []string{f.Name}
	if f.Kind == KindBool {
		names = append(names, "--no-"+strings.TrimPrefix(f.Name, "--"))
	}
	if f.Short != "" {
		names = append(names, f.Short)
	}
	return strings.Join(names, "/")
}
