package vllmflags

import (
	"fmt"
	"regexp"
	"strings"
)

// Problem is one problem of a list of additional arguments.
type Problem struct {
	Index   int // of the argument in the list
	Message string
	// Warning reports that vLLM may accept the argument.
	Warning bool
}

// Image states how well the tables describe the image that receives the arguments.
type Image int

const (
	// Stock is the image of the vLLM project, of a release that the tables describe.
	// Names that the tables do not contain are errors.
	Stock Image = iota
	// Custom is any other image, or a newer release, which may have more names. Names
	// that the tables do not contain are warnings.
	Custom
)

// CheckExtra returns all problems of a user's additional arguments for an image, in
// order. ownedByComponent maps the flags that the component sets to the configuration
// key to use instead ("" if there is none).
func CheckExtra(args []string, ownedByComponent map[string]string, image Image) []Problem {
	c := checker{args: args, owned: ownedByComponent, image: image}
	for i := 0; i < len(args); {
		i = c.next(i)
	}
	return c.problems
}

type checker struct {
	args     []string
	owned    map[string]string
	image    Image
	problems []Problem
}

func (c *checker) report(index int, format string, values ...any) {
	c.problems = append(c.problems, Problem{Index: index, Message: fmt.Sprintf(format, values...)})
}

// warn reports an argument that vLLM may accept.
func (c *checker) warn(index int, format string, values ...any) {
	c.report(index, format, values...)
	c.problems[len(c.problems)-1].Warning = true
}

// doubt reports a name that the tables do not contain.
func (c *checker) doubt(index int, format string, values ...any) {
	if c.image == Custom {
		c.warn(index, format, values...)
		return
	}
	c.report(index, format, values...)
}

// next checks the argument at i with its values, and returns the index after them.
func (c *checker) next(i int) int {
	arg := c.args[i]
	if strings.HasPrefix(arg, "-O") {
		arg = "--optimization-level" // other spellings are -O3, -O 3 and -O=3
		if len(c.args[i]) > 2 {
			return i + 1
		}
	}
	if !looksLikeOption(arg) {
		// Neither message repeats the value, which may be a secret.
		if flag, _, _ := strings.Cut(arg, " "); strings.HasPrefix(arg, "--") {
			c.glued(i, presentable(flag))
		} else {
			c.report(i, "is a value without a flag; write it right after its flag")
		}
		return i + 1
	}
	name, value, hasValue := strings.Cut(spellName(arg), "=")
	name, _, isDotted := strings.Cut(name, ".")
	end := i + 1
	for end < len(c.args) && !looksLikeOption(c.args[end]) {
		end++
	}
	found, ok := c.resolve(i, name)
	if !ok {
		return end
	}
	if isDotted {
		return c.dotted(i, found.flag)
	}
	return c.values(i, end, found.flag, value, hasValue)
}

// resolve returns the flag of a name, and reports the problems of its use.
func (c *checker) resolve(i int, name string) (option, bool) {
	if gone, ok := removed[name]; ok {
		c.report(i, "vLLM no longer has %s (gone by %s); instead: %s", name, gone.GoneBy, gone.Instead)
		return option{}, false
	}
	found, ok := options[name]
	if !ok {
		c.unknown(i, name)
		return option{}, false
	}
	if found.flag == nil {
		c.report(i, "%s prints help and exits, so the server would never start", name)
		return option{}, false
	}
	if key, ok := c.owned[found.flag.Name]; ok {
		if key == "" {
			c.report(i, "%s is set by the component", found.flag.Name)
		} else {
			c.report(i, "%s is set by the component; use %s instead", found.flag.Name, key)
		}
		return option{}, false
	}
	if reason, ok := dangerous[found.flag.Name]; ok && !found.negated {
		c.report(i, "%s is not allowed: %s", found.flag.Name, reason)
		return option{}, false
	}
	return found, true
}

func (c *checker) unknown(i int, name string) {
	if reason, ok := dangerous[name]; ok {
		c.report(i, "%s is not allowed: %s", name, reason)
		return
	}
	matches := abbreviations(name)
	switch {
	case len(matches) > 1:
		full := make([]string, len(matches))
		for n, m := range matches {
			full[n] = m.written
		}
		c.report(i, "%s is ambiguous: it could be %s", name, strings.Join(full, ", "))
	case len(matches) == 1 && matches[0].explicit != nil:
		c.glued(i, matches[0].written)
	case len(matches) == 1:
		c.report(i, "%s is an abbreviation, which the next release may read differently; write %s", name, matches[0].written)
	case presentable(name) == "":
		c.doubt(i, "is a flag that vLLM does not have; the nearest is %s", Nearest(name))
	default:
		c.doubt(i, "vLLM has no flag %s; the nearest is %s%s", name, Nearest(name), c.newer())
	}
}

// newer returns a hint about the release of the tables, and about newer flags.
func (c *checker) newer() string {
	if c.image == Custom {
		return fmt.Sprintf(" (the list is that of %s, and this image may have more)", TableRelease)
	}
	return fmt.Sprintf(" (the list is that of %s; for a newer flag name the image with the key image, so that this is a warning)", TableRelease)
}

func (c *checker) glued(i int, flag string) {
	c.report(i, "%s", strings.TrimSpace(flag+" holds a flag and its value in one argument; split it in two"))
}

var plainName = regexp.MustCompile(`^--?[a-z0-9]+([-_][a-z0-9]+)*$`)

// presentable returns a name that a message may repeat, or "" if the name may contain a
// value because the user forgot the space after a flag such as --api-key.
func presentable(name string) string {
	if !plainName.MatchString(name) {
		return ""
	}
	for flag := range dangerous {
		if strings.HasPrefix(name, flag) && name != flag {
			return ""
		}
	}
	return name
}

// dotted checks --flag.key, whose value is JSON or a string.
func (c *checker) dotted(i int, flag *Flag) int {
	switch flag.Kind {
	case KindJSON, KindDict, KindConfig:
	default:
		c.report(i, "%s takes no key after a dot: its value is not a JSON object", flag.Name)
	}
	name, value, hasValue := strings.Cut(c.args[i], "=")
	end := i + 1
	if !hasValue {
		if end >= len(c.args) {
			c.report(i, "%s needs a value after its key", flag.Name)
			return end
		}
		value, end = c.args[end], end+1
	}
	if danger := dangerIn(flag, strings.Split(name, ".")[1:], value); danger != "" {
		c.report(i, "%s is not allowed to have this key: %s", flag.Name, danger)
	}
	return end
}

func (c *checker) values(i, end int, flag *Flag, explicit string, hasExplicit bool) int {
	start, values := i+1, c.args[i+1:end]
	if hasExplicit {
		start, values, end = i, []string{explicit}, i+1
	}
	switch flag.Arity {
	case ArityNone:
		if hasExplicit {
			c.report(i, "%s takes no value; write %s or leave it out", flag.Name, flag.Name)
		}
		return i + 1
	case ArityOne, ArityAppend, ArityMaybe:
		if len(values) > 1 {
			values, end = values[:1], i+2
		}
	case ArityMany:
	}
	if len(values) == 0 && flag.Arity != ArityMaybe {
		c.report(i, "%s needs a value", flag.Name)
	}
	for n, value := range values {
		c.value(start+n*btoi(!hasExplicit), flag, value)
	}
	return end
}

// value checks one value of a flag.
func (c *checker) value(index int, flag *Flag, value string) {
	message, danger, problem := flag.explain(value), dangerIn(flag, nil, value), NameProblem(flag.Name, value)
	switch listed := unlisted(flag, value); {
	case message != "":
		c.report(index, "%s: %s", flag.Name, message)
	case danger != "":
		c.report(index, "%s is not allowed to have this value: %s", flag.Name, danger)
	case problem != "":
		c.doubt(index, "%s %s", flag.Name, problem)
	case listed != nil:
		c.warn(index, "%s: is %q, and vLLM is known to take %s", flag.Name, value, strings.Join(listed, ", "))
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func looksLikeOption(arg string) bool {
	if len(arg) < 2 || arg[0] != '-' || negativeNumber.MatchString(arg) {
		return false
	}
	return !strings.Contains(arg, " ") || strings.Contains(strings.SplitN(arg, " ", 2)[0], "=")
}

// Nearest returns the known flag whose name is most similar to a name.
func Nearest(name string) string {
	names := make([]string, len(flags))
	for i, flag := range flags {
		names[i] = flag.Name
	}
	best, _ := nearest(name, names)
	return best
}
