package catalogue

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// matcher holds the patterns of a checkpoint's module lists: names, names with
// wildcards, and regular expressions after "re:".
type matcher struct {
	names   map[string]bool
	globs   map[string][]string // by layer, such as "layers.3."; "" for the others
	regexps []expression
}

// expression is a regular expression. anywhere reports that it may match at any
// position of a name, so prefixes before the layers do not matter.
type expression struct {
	*regexp.Regexp
	anywhere bool
}

// matches reports whether the expression matches a name with any prefix before its
// layers.
func (e expression) matches(name string) bool {
	if e.anywhere {
		return e.MatchString("model." + name)
	}
	return e.MatchString(name) || e.MatchString("model."+name) || e.MatchString("model.language_model."+name) || e.MatchString("language_model.model."+name)
}

// outer are the prefixes before a language model's layers. Other prefixes belong to
// encoders and to layers for speculative decoding.
var outer = []string{"model", "language_model", "backbone", "transformer", "thinker", "llm", "text_model", "decoder", "gpt_neox", "*"}

// newMatcher returns a matcher for patterns.
func newMatcher(patterns []string) (matcher, error) {
	m := matcher{names: map[string]bool{}, globs: map[string][]string{}}
	for _, pattern := range patterns {
		if text, ok := strings.CutPrefix(pattern, "re:"); ok {
			compiled, err := regexp.Compile("^(?:" + text + ")")
			if err != nil {
				return matcher{}, fmt.Errorf("the expression %q cannot be read (%w)", text, err)
			}
			m.regexps = append(m.regexps, expression{compiled, strings.HasPrefix(text, ".*")})
			continue
		}
		name, ok := fromLayers(pattern)
		switch {
		case !ok:
		case strings.ContainsAny(name, "*?["):
			layer := layerOf(name)
			m.globs[layer] = append(m.globs[layer], name)
		default:
			m.names[name] = true
		}
	}
	return m, nil
}

// asPattern returns the pattern of a name, with "re:" if the name is a regular
// expression without that prefix.
func asPattern(name string) string {
	if strings.ContainsAny(name, `\^$|+(`) || strings.Contains(name, ".*") {
		return "re:" + name
	}
	return name
}

// fromLayers returns a pattern from "layers." on, or the whole pattern if it names no
// layers; false if it belongs to another part than the language model.
func fromLayers(pattern string) (string, bool) {
	before, after, found := strings.Cut(pattern, "layers.")
	if !found {
		return pattern, true
	}
	for word := range strings.SplitSeq(strings.TrimSuffix(before, "."), ".") {
		if word != "" && !slices.Contains(outer, word) {
			return "", false
		}
	}
	return "layers." + after, true
}

// layerOf returns "layers.N." at the beginning of a name; "" if N is not a number.
func layerOf(name string) string {
	rest, ok := strings.CutPrefix(name, "layers.")
	number, _, found := strings.Cut(rest, ".")
	if !ok || !found || number == "" || strings.Trim(number, "0123456789") != "" {
		return ""
	}
	return "layers." + number + "."
}

func (m matcher) empty() bool { return len(m.names) == 0 && len(m.globs) == 0 && len(m.regexps) == 0 }

// join returns a matcher that matches if m or n matches.
func (m matcher) join(n matcher) matcher {
	joined := matcher{names: map[string]bool{}, globs: map[string][]string{}}
	for _, source := range []matcher{m, n} {
		for name := range source.names {
			joined.names[name] = true
		}
		for layer, globs := range source.globs {
			joined.globs[layer] = append(joined.globs[layer], globs...)
		}
		joined.regexps = append(joined.regexps, source.regexps...)
	}
	return joined
}

// matches reports whether a pattern matches a name of a module, or of a module that
// contains it.
func (m matcher) matches(names []string) bool {
	if m.empty() {
		return false
	}
	return slices.ContainsFunc(names, m.matchesName)
}

func (m matcher) matchesName(name string) bool {
	layer := layerOf(name)
	return m.names[name] || m.listsPart(name) ||
		slices.ContainsFunc(m.globs[layer], func(glob string) bool { return matchesGlob(glob, name) }) ||
		layer != "" && slices.ContainsFunc(m.globs[""], func(glob string) bool { return matchesGlob(glob, name) }) ||
		slices.ContainsFunc(m.regexps, func(e expression) bool { return e.matches(name) })
}

// listsPart reports whether a sequence of the name's words is listed: the layer, a
// module that contains it, or words without the layer, such as self_attn.
func (m matcher) listsPart(name string) bool {
	if len(m.names) == 0 {
		return false
	}
	starts := []int{0}
	for i := range len(name) {
		if name[i] == '.' {
			starts = append(starts, i+1)
		}
	}
	for i, start := range starts {
		for _, next := range append(starts[i+1:], len(name)+1) {
			if m.names[name[start:next-1]] {
				return true
			}
		}
	}
	return false
}

// matchesGlob reports whether a pattern with wildcards matches a name from its
// beginning to the end of a word.
func matchesGlob(glob, name string) bool {
	for _, pattern := range []string{glob, glob + ".*"} {
		for _, full := range []string{name, "model." + name} {
			if ok, err := path.Match(pattern, full); ok && err == nil {
				return true
			}
		}
	}
	return false
}
