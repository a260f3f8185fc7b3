// Package reference generates documentation pages and a JSON Schema of the keys of a
// configuration. Both come from the declarations on the fields of structs and from
// their doc comments.
package reference

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// Comments finds the doc comments of fields in the source of a Go module.
type Comments struct {
	// Module is the path of the module, and Folder the folder of its go.mod.
	Module, Folder string

	packages map[string]map[string]string // by the path of the package: comments by type.field, or type
}

// comment is the doc comment of a field, in parts.
type comment struct {
	text     string // on one line, without the default
	fallback string // the default in words; "" if the comment does not state it
}

// Field returns the doc comment of a field of a struct. A field without a doc comment is
// an error.
func (c *Comments) Field(owner keys.Owner, name string) (string, error) {
	return c.comment(owner.Package, owner.Type+"."+name)
}

// Type returns the doc comment of a struct. A struct without a doc comment is an error.
func (c *Comments) Type(owner keys.Owner) (string, error) {
	return c.comment(owner.Package, owner.Type)
}

// comment returns the doc comment of a name in a package.
func (c *Comments) comment(path, name string) (string, error) {
	comments, err := c.load(path)
	if err != nil {
		return "", err
	}
	text, ok := comments[name]
	if !ok {
		return "", fmt.Errorf("%s of %s: is not in the source", name, path)
	}
	if strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("%s of %s: has no doc comment", name, path)
	}
	return text, nil
}

// load parses the files of a package, with its tests.
func (c *Comments) load(path string) (map[string]string, error) {
	if found, ok := c.packages[path]; ok {
		return found, nil
	}
	below, ok := strings.CutPrefix(strings.TrimSuffix(path, "_test"), c.Module)
	if !ok {
		return nil, fmt.Errorf("%s: is not in the module %s", path, c.Module)
	}
	folder := filepath.Join(c.Folder, filepath.FromSlash(below))
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, e.Name()), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		collect(file, found)
	}
	if c.packages == nil {
		c.packages = map[string]map[string]string{}
	}
	c.packages[path] = found
	return found, nil
}

// collect adds the doc comments of a file's structs and of their fields.
func collect(file *ast.File, found map[string]string) {
	var group string // the comment of a declaration with only one type
	ast.Inspect(file, func(n ast.Node) bool {
		if d, ok := n.(*ast.GenDecl); ok {
			if group = d.Doc.Text(); d.Lparen.IsValid() {
				group = ""
			}
		}
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		structure, ok := spec.Type.(*ast.StructType)
		if !ok {
			return true
		}
		if found[spec.Name.Name] = spec.Doc.Text(); spec.Doc == nil {
			found[spec.Name.Name] = group
		}
		for _, f := range structure.Fields.List {
			for _, name := range f.Names {
				found[spec.Name.Name+"."+name.Name] = f.Doc.Text()
			}
		}
		return true
	})
}

var (
	defaultSentence = regexp.MustCompile(`(?:^|\s)Default: (.*?)(?:\.\s|\.$)`)
	link            = regexp.MustCompile(`\[([A-Z]\w*)(?:\.([A-Z]\w*))?\]`)
)

// split returns the text of a doc comment on one line. It replaces the name of the
// field at the beginning by the name of the key, and links to other fields by their
// keys. It separates the sentence with the default.
func split(k *keys.Key, text string, names map[string]string) (comment, error) {
	text = strings.Join(strings.Fields(text), " ")
	if rest, ok := strings.CutPrefix(text, k.Field+" "); ok {
		text = "`" + k.Name + "` " + rest
	}
	var wrong error
	text = link.ReplaceAllStringFunc(text, func(reference string) string {
		parts := link.FindStringSubmatch(reference)
		target := parts[1] + "." + parts[2]
		if parts[2] == "" {
			target = k.Owner.Type + "." + parts[1]
		}
		name, ok := names[k.Owner.Package+" "+target]
		if !ok {
			wrong = fmt.Errorf("%s.%s of %s: links to %s, which is no field with a key", k.Owner.Type, k.Field, k.Owner.Package, reference)
		}
		return "`" + name + "`"
	})
	var c comment
	if found := defaultSentence.FindStringSubmatchIndex(text); found != nil {
		c.fallback = text[found[2]:found[3]]
		text = strings.TrimSpace(text[:found[0]] + " " + strings.TrimSpace(text[found[1]:]))
	}
	c.text = text
	return c, wrong
}

// targets returns the paths of the keys by package, type and field, for links.
func targets(list []*keys.Key) map[string]string {
	names := map[string]string{}
	for _, k := range list {
		names[k.Owner.Package+" "+k.Owner.Type+"."+k.Field] = k.Path
	}
	return names
}
