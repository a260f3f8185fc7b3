package oneline

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestMarshal holds that a line is YAML with the same value, and not JSON, which
// Pulumi would spread over many lines.
func TestMarshal(t *testing.T) {
	long := strings.Repeat("a long word ", 40)
	for name, test := range map[string]struct {
		value any
		want  string
	}{
		"mapping": {map[string]any{"drainSeconds": 15, "tag": "v0.33.0"}, "{drainSeconds: 15, tag: v0.33.0}"},
		"struct":  {struct{ A []int }{[]int{1, 2}}, "{A: [1, 2]}"},
		"strings that look like other values": {map[string]any{"a": "15", "b": "true", "c": "", "d": "x: y", "e": "null", "f": "{"},
			`{a: "15", b: "true", c: "", d: 'x: y', e: "null", f: '{'}`},
		"several lines": {map[string]any{"a": "b\nc"}, `{a: "b\nc"}`},
		"long":          {map[string]any{"a": long}, "{a: '" + long + "'}"},
		"empty":         {map[string]any{}, "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Marshal(test.value)
			if err != nil || got != test.want {
				t.Fatalf("%s, %v; want %s", got, err, test.want)
			}
			var read, want any
			text, err := json.Marshal(test.value)
			if err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal([]byte(got), &read); err != nil || !reflect.DeepEqual(read, want) {
				t.Errorf("%s reads as %v, %v; want %v", got, read, err, want)
			}
		})
	}
	if _, err := Marshal(func() {}); err == nil {
		t.Error("a function is accepted")
	}
}
