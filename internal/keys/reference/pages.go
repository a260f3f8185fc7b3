package reference

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

const generated = "<!-- Generated from the declarations of the keys by go generate; do not edit. -->"

func (g *generator) pages() map[string]string {
	files := map[string]string{}
	var index strings.Builder
	fmt.Fprintf(&index, "# Configuration keys\n\n%s\n\nKeys of a stack's file, `Pulumi.<stack>.yaml`, below `config:`.\n\n| page | keys |\n|---|---|\n", generated)
	for _, name := range slices.Sorted(maps.Keys(g.Titles)) {
		var roots []*keys.Key
		var links []string
		for _, k := range g.Root.Keys {
			if page(k) == name {
				roots = append(roots, k)
				links = append(links, fmt.Sprintf("[`%s`](%s.md#%s)", g.full(k), name, anchor(k)))
			}
		}
		fmt.Fprintf(&index, "| [%s](%s.md) | %s |\n", g.Titles[name], name, strings.Join(links, ", "))
		files[name+".md"] = g.page(name, roots)
	}
	files["README.md"] = index.String()
	return files
}

// full returns the name of a key of the root in a stack's file.
func (g *generator) full(k *keys.Key) string {
	if strings.Contains(k.Name, ":") {
		return k.Name
	}
	return g.Namespace + ":" + k.Name
}

func (g *generator) page(name string, roots []*keys.Key) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n[All keys](README.md)\n\n", g.Titles[name], generated)
	g.table(&b, roots, g.full)
	for _, k := range roots {
		g.sections(&b, k)
	}
	return b.String()
}

// sections writes a section for the keys below a mapping or a list of mappings, and
// recursively for the keys below them.
func (g *generator) sections(b *strings.Builder, k *keys.Key) {
	if !hasSection(k) {
		return
	}
	fmt.Fprintf(b, "\n## `%s`\n\n%s\n\n", heading(k), g.comments[k].text)
	g.table(b, k.Mapping.Visible(""), func(k *keys.Key) string { return k.Name })
	for _, below := range k.Mapping.Visible("") {
		g.sections(b, below)
	}
}

// heading returns the path of the keys of a mapping.
func heading(k *keys.Key) string {
	if k.Kind == keys.Maps {
		return k.Path + "[]"
	}
	return k.Path
}

// table writes one row for each key. It leaves out columns without values.
func (g *generator) table(b *strings.Builder, list []*keys.Key, name func(*keys.Key) string) {
	columns := []string{"Key", "Type", "Default", "Values", "Also in", "Description"}
	rows := [][]string{}
	for _, k := range list {
		rows = append(rows, []string{
			target(k) + "`" + name(k) + "`", g.kind(k), g.fallback(k), values(k), strings.Join(k.In, ", "), g.comments[k].text,
		})
	}
	line := func(cells []string) {
		var shown []string
		for i, cell := range cells {
			if slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
				shown = append(shown, strings.ReplaceAll(cell, "|", `\|`))
			}
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(shown, " | "))
	}
	line(columns)
	line(slices.Repeat([]string{"---"}, len(columns)))
	for _, row := range rows {
		line(row)
	}
}

// hasSection reports whether the keys below a key have their own heading.
func hasSection(k *keys.Key) bool { return k.Mapping != nil && k.Kind != keys.Scoped }

// anchor returns the id of a key: of the section for its keys, else of its row.
func anchor(k *keys.Key) string {
	if hasSection(k) {
		return slug(heading(k))
	}
	return strings.NewReplacer("[]", "", ":", "-").Replace(k.Path)
}

// target returns the target of links to a key's row; "" if the links lead to its
// section.
func target(k *keys.Key) string {
	if hasSection(k) {
		return ""
	}
	return fmt.Sprintf(`<a id="%s"></a>`, anchor(k))
}

// kind returns the type of a key, with a link to the keys below it.
func (g *generator) kind(k *keys.Key) string {
	switch {
	case k.Kind == keys.Formed:
		return g.Forms[k.Form].Kind
	case k.Secret:
		return "string, encrypted"
	case k.Kind == keys.Scoped && k.Of != "":
		return fmt.Sprintf("mapping with keys of `%s[]`", k.Of)
	case k.Kind == keys.Scoped:
		return "mapping with keys beside it"
	case k.Mapping != nil:
		return fmt.Sprintf("[%s](#%s)", k.Kind, anchor(k))
	case k.Kind == keys.JSON || k.Kind == keys.Tree:
		return "any mapping"
	}
	return string(k.Kind)
}

// slug returns the id that GitHub gives to a heading.
func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return -1
	}, heading)
}

// fallback returns the documented default of a key.
func (g *generator) fallback(k *keys.Key) string {
	switch {
	case k.Required:
		return "required"
	case k.Default != "" && k.If != "":
		return fmt.Sprintf("`%s` %s", k.Default, condition(k.If))
	case k.Default != "":
		return "`" + k.Default + "`"
	case g.comments[k].fallback != "":
		return g.comments[k].fallback
	case k.Kind == keys.Boolean:
		return "`false`"
	case k.Mapping != nil && k.Kind != keys.Maps:
		return ""
	}
	return "none"
}

// condition returns the condition of a default in words.
func condition(text string) string {
	if name, absent := strings.CutPrefix(text, "!"); absent {
		return fmt.Sprintf("without `%s`", name)
	}
	name, values, compared := strings.Cut(text, "=")
	if !compared {
		return fmt.Sprintf("with `%s`", name)
	}
	return fmt.Sprintf("where `%s` is `%s`", name, strings.Join(strings.Fields(values), "` or `"))
}

// values returns the accepted values of a key.
func values(k *keys.Key) string {
	if len(k.OneOf) > 0 {
		return "`" + strings.Join(k.OneOf, "`, `") + "`"
	}
	return k.Range.String()
}
