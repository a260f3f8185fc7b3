package reference

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// Argument documents a key as an argument of a component.
type Argument struct {
	// Text describes the argument. If the doc comment begins with the name of the
	// field, the text begins with the name of the key in backticks.
	Text string
	// Default is the value without the argument, or "required"; "" for a mapping.
	Default string
	// Values are the accepted values; "" if the type states them.
	Values string
}

// String returns the documentation as one paragraph.
func (a Argument) String() string {
	text := a.Text
	for _, part := range []struct{ label, value string }{{"Default", a.Default}, {"Values", a.Values}} {
		switch part.value {
		case "":
		case "required":
			text += " Required."
		default:
			text += fmt.Sprintf(" %s: %s.", part.label, part.value)
		}
	}
	return text
}

// Arguments returns the documentation of every argument of a component. replacements
// holds texts and defaults by the path of the key. They replace doc comments that
// describe a stack's file.
func Arguments(m *keys.Mapping, comments *Comments, replacements map[string]Argument) (map[*keys.Key]Argument, error) {
	list := m.AllArguments()
	g := &generator{list: list, comments: map[*keys.Key]comment{}}
	names := targets(list)
	arguments := map[*keys.Key]Argument{}
	var wrong []error
	for _, k := range list {
		text, err := comments.Field(k.Owner, k.Field)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		c, err := split(k, text, names)
		wrong = append(wrong, err)
		replacement := replacements[k.Path]
		c.text, c.fallback = cmp.Or(replacement.Text, c.text), cmp.Or(replacement.Default, c.fallback)
		g.comments[k] = c
		arguments[k] = Argument{Text: c.text, Default: g.fallback(k), Values: values(k)}
	}
	for path := range replacements {
		if !slices.ContainsFunc(list, func(k *keys.Key) bool { return k.Path == path }) {
			wrong = append(wrong, fmt.Errorf("%s: is documented, and is no argument", path))
		}
	}
	return arguments, errors.Join(wrong...)
}

// Plain returns documentation without Markdown marks.
func Plain(text string) string { return strings.ReplaceAll(text, "`", "") }
