package vllmflags

import (
	_ "embed"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

//go:embed dangerousvalues.tsv
var dangerousValuesTSV string

//go:embed choices.tsv
var choicesTSV string

// dangerousValue holds one line of dangerousvalues.tsv.
type dangerousValue struct {
	flag string
	// key is a pattern of keys of the flag's JSON; "" for the flag's value.
	key string
	// values are patterns of dangerous values. If except is set, they are patterns of
	// the only harmless values.
	values []string
	except bool
	reason string
}

var (
	dangerousValues = readDangerousValues(dangerousValuesTSV)
	choices         = readChoices(choicesTSV)
)

func readDangerousValues(table string) []dangerousValue {
	var list []dangerousValue
	for _, f := range rows(table, 4) {
		values, except := strings.CutPrefix(f[2], "!")
		list = append(list, dangerousValue{flag: f[0], key: strings.TrimPrefix(f[1], "-"), values: strings.Split(values, ","), except: except, reason: f[3]})
	}
	return list
}

func readChoices(table string) map[string][]string {
	lists := map[string][]string{}
	for _, f := range rows(table, 3) {
		lists[f[0]] = strings.Split(f[1], ",")
	}
	return lists
}

// dangerIn returns why a flag must not have a value; "" if it may. keys holds the keys
// after a dot, as in --compilation-config.backend.
func dangerIn(flag *Flag, keys []string, value string) string {
	var parsed any = value
	if flag.Kind == KindJSON || flag.Kind == KindDict || flag.Kind == KindConfig {
		if err := json.Unmarshal([]byte(plainNumbers(value)), &parsed); err != nil {
			parsed = value
		}
	}
	for i := len(keys) - 1; i >= 0; i-- {
		parsed = map[string]any{strings.TrimSuffix(keys[i], "+"): parsed}
	}
	for _, d := range dangerousValues {
		if d.flag == flag.Name && d.matches(parsed) {
			return d.reason
		}
	}
	return ""
}

func (d dangerousValue) matches(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if matches, _ := path.Match(d.key, key); matches && d.key != "" && d.refuses(inner) || d.matches(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, d.matches)
	case string:
		return d.key == "" && d.refuses(v)
	}
	return false
}

// refuses reports whether a value is dangerous. A value that is not a string is
// dangerous if every value is.
func (d dangerousValue) refuses(value any) bool {
	text, _ := value.(string)
	return matchesOne(d.values, text) != d.except
}

func matchesOne(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		matches, err := path.Match(pattern, text)
		return err == nil && matches || pattern == "*"
	})
}

// unlisted returns the values of choices.tsv if a flag has a value that is not among
// them, else nil.
func unlisted(flag *Flag, value string) []string {
	listed, ok := choices[flag.Name]
	if !ok || flag.Optional && (value == "" || value == "None") || matchesOne(listed, value) {
		return nil
	}
	return listed
}
