package reference

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// Options holds the inputs of the generator.
type Options struct {
	// Root declares the keys of the configuration.
	Root *keys.Mapping
	// Forms document the keys that are declared with the tag as.
	Forms map[string]keys.Form
	// Comments has the doc comments.
	Comments *Comments
	// Namespace is the prefix of the keys of the root in a stack's file.
	Namespace string
	// Titles are the titles of the pages, by their names. Every page needs one.
	Titles map[string]string
}

// generator holds the state of one run.
type generator struct {
	Options
	list     []*keys.Key
	comments map[*keys.Key]comment
}

// Pages returns the pages of the reference by file name. README.md lists the other
// pages.
func Pages(o Options) (map[string]string, error) {
	g, err := newGenerator(o)
	if err != nil {
		return nil, err
	}
	return g.pages(), nil
}

// Schema returns the JSON Schema of a stack's file.
func Schema(o Options) ([]byte, error) {
	g, err := newGenerator(o)
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(g.schema(), "", "  ")
	return append(text, '\n'), err
}

// newGenerator reads the comments of all keys, and checks that every declaration is
// complete. The error holds all mistakes.
func newGenerator(o Options) (*generator, error) {
	g := &generator{Options: o, list: o.Root.List(), comments: map[*keys.Key]comment{}}
	names := targets(g.list)
	var wrong []error
	for _, k := range g.list {
		text, err := o.Comments.Field(k.Owner, k.Field)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		c, err := split(k, text, names)
		g.comments[k] = c
		wrong = append(wrong, err, g.complete(k, c))
	}
	wrong = append(wrong, g.checkTitles())
	return g, errors.Join(wrong...)
}

// complete checks that a declaration states the accepted numbers and the default.
func (g *generator) complete(k *keys.Key, c comment) error {
	place := fmt.Sprintf("%s.%s of %s", k.Owner.Type, k.Field, k.Owner.Package)
	number := k.Kind == keys.Integer || k.Kind == keys.Number || k.Kind == keys.Integers || k.Kind == keys.Numbers
	scalar := k.Kind == keys.String || k.Kind == keys.Integer || k.Kind == keys.Number || k.Kind == keys.Boolean && k.Pointer || k.Kind == keys.Formed
	_, ok := g.Forms[k.Form]
	switch {
	case number && k.Range == nil && len(k.OneOf) == 0:
		return fmt.Errorf("%s: is a number without a range", place)
	case k.Default != "" && c.fallback != "":
		return fmt.Errorf("%s: states its default twice, in its tag and in its comment", place)
	case scalar && k.Default == "" && c.fallback == "" && !k.Required && !k.Secret:
		return fmt.Errorf("%s: does not state its default", place)
	case k.Form != "" && !ok:
		return fmt.Errorf("%s: has the form %s, which does not exist", place, k.Form)
	}
	return nil
}

// page returns the name of the page of a key of the root.
func page(k *keys.Key) string {
	if k.Page != "" {
		return k.Page
	}
	return k.Name
}

func (g *generator) checkTitles() error {
	used := map[string]bool{}
	var wrong []error
	for _, k := range g.Root.Keys {
		if used[page(k)] = true; g.Titles[page(k)] == "" {
			wrong = append(wrong, fmt.Errorf("%s: is on the page %s, which has no title", k.Path, page(k)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Titles)) {
		if !used[name] {
			wrong = append(wrong, fmt.Errorf("page %s: has no keys", name))
		}
	}
	return errors.Join(wrong...)
}
