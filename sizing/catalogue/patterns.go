package catalogue

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// matcher holds the patterns of a checkpoint's lists of modules: names, names
// with wildcards, and regular expressions after "re:".
type matcher struct {
	names   map[string]bool
	globs   map[string][]string // by layer, such as "layers.3."; "" for the others
	regexps []expression
}

// expression is a regular one. Anywhere reports that it may begin anywhere in a
// name, so that words before the layers do not matter.
type expression struct {
	*regexp.Regexp
	anywhere bool
}

// matches reports whether the expression matches a name, whatever stands before
// its layers.
func (e expression) matches(name string) bool {
	if e.anywhere {
		return e.MatchString("model." + name)
	}
	return e.MatchString(name) || e.MatchString("model."+name) || e.MatchString("model.language_model."+name) || e.MatchString("language_model.model."+name)
}

// outer are the words before a language model's layers; other words are of
// towers and of layers for speculative decoding.
var outer = []string{"model", "language_model", "backbone", "transformer", "thinker", "llm", "text_model", "decoder", "gpt_neox", "*"}

// newMatcher reads patterns.
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

// asPattern returns the pattern of a name that may be a regular expression without
// saying so.
func asPattern(name string) string {
	if strings.ContainsAny(name, `\^$|+(`) || strings.Contains(name, ".*") {
		return "re:" + name
	}
	return name
}

// fromLayers returns a pattern from "layers." on, or all of one that names no layers; false
// if it is of something else than the language model.
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
	number, _, more := strings.Cut(rest, ".")
	if !ok || !more || number == "" || strings.Trim(number, "0123456789") != "" {
		return ""
	}
	return "layers." + number + "."
}

func (m matcher) empty() bool { return len(m.names) == 0 && len(m.globs) == 0 && len(m.regexps) == 0 }

// join returns a matcher of what either matches.
func (m matcher) join(other matcher) matcher {
	joined := matcher{names: map[string]bool{}, globs: map[string][]string{}}
	for _, one := range []matcher{m, other} {
		for name := range one.names {
			joined.names[name] = true
		}
		for layer, globs := range one.globs {
			joined.globs[layer] = append(joined.globs[layer], globs...)
		}
		joined.regexps = append(joined.regexps, one.regexps...)
	}
	return joined
}

// matches reports whether any name of a module, or of a module around it, is
// listed.
func (m matcher) matches(names []string) bool {
	if m.empty() {
		return false
	}
	return slices.ContainsFunc(names, m.one)
}

func (m matcher) one(name string) bool {
	layer := layerOf(name)
	return m.names[name] || m.listsPart(name) ||
		slices.ContainsFunc(m.globs[layer], func(glob string) bool { return matchesGlob(glob, name) }) ||
		layer != "" && slices.ContainsFunc(m.globs[""], func(glob string) bool { return matchesGlob(glob, name) }) ||
		slices.ContainsFunc(m.regexps, func(e expression) bool { return e.matches(name) })
}

// listsPart reports whether a run of the name's words is listed: the layer, a
// module around it, or words without the layer, such as self_attn.
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
// beginning up to the end of a word.
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
