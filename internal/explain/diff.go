package explain

import (
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"sigs.k8s.io/yaml"
)

const (
	// hidden replaces every secret, also in the engine's JSON.
	hidden = "[secret]"
	// later replaces a value that only the update knows.
	later = "(known after the update)"
)

// difference returns the changed inputs of resources as unified diffs of their YAML. New and
// deleted resources have a line each.
func difference(steps []Step) string {
	var b strings.Builder
	for _, s := range steps {
		if !s.changes() || s.Type == stackType || s.Type == referenceType {
			continue
		}
		title := fmt.Sprintf("%s %s", s.Type, s.name())
		switch s.Op {
		case apitype.OpCreate:
			fmt.Fprintf(&b, "+ %s\n", title)
		case apitype.OpDelete:
			fmt.Fprintf(&b, "- %s\n", title)
		default:
			fmt.Fprintf(&b, "! %s %s\n%s", s.Op, title, properties(s))
		}
	}
	return b.String()
}

// properties returns the diff of a resource's inputs.
func properties(s Step) string {
	before, after := document(s, s.Old), document(s, s.New)
	edits := udiff.Strings(before, after)
	unified, err := udiff.ToUnified("", "", before, edits, 2)
	if err != nil || unified == "" {
		return "  only values that a preview does not show\n"
	}
	_, hunks, _ := strings.Cut(unified, "\n+++ \n") // without the names of files
	return hunks
}

// document returns the inputs of a resource as YAML, without secrets.
func document(s Step, inputs map[string]any) string {
	shown := shown(inputs).(map[string]any)
	if s.Type == secretType {
		for _, key := range []string{"data", "stringData"} {
			if _, found := shown[key]; found {
				shown[key] = hidden
			}
		}
	}
	text, err := yaml.Marshal(shown)
	if err != nil {
		return ""
	}
	return string(text)
}

// shown replaces values that are not known yet and encrypted values.
func shown(value any) any {
	switch v := value.(type) {
	case map[string]any:
		if _, signed := v[resource.SigKey]; signed {
			return hidden
		}
		tree := map[string]any{}
		for key, below := range v {
			if key != "__defaults" {
				tree[key] = shown(below)
			}
		}
		return tree
	case []any:
		list := make([]any, len(v))
		for i, below := range v {
			list[i] = shown(below)
		}
		return list
	case string:
		if v == plugin.UnknownStringValue {
			return later
		}
	}
	return value
}
