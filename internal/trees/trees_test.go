package trees

import (
	"encoding/json"
	"slices"
	"testing"
)

func parse(t *testing.T, text string) any {
	t.Helper()
	var tree any
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestDifferences(t *testing.T) {
	tests := []struct {
		name, a, b string
		want       []string
	}{
		{"equal", `{"a": [1, null, true], "b": {"c": "d"}}`, `{"b": {"c": "d"}, "a": [1, null, true]}`, nil},
		{"a string", `{"a": {"b": "x"}, "c": "y"}`, `{"a": {"b": "z"}, "c": "y"}`, []string{"a.b"}},
		{"an item", `{"a": [{"b": 1}, {"b": 2}]}`, `{"a": [{"b": 1}, {"b": 3}]}`, []string{"a[1].b"}},
		{"several", `{"a": 1, "b": 2, "c": 3}`, `{"a": 0, "b": 2, "c": 0}`, []string{"a", "c"}},
		{"a longer list", `{"a": [1]}`, `{"a": [1, 2]}`, []string{"a"}},
		{"another key", `{"a": {"b": 1}}`, `{"a": {"c": 1}}`, []string{"a"}},
		{"one more key", `{"a": {"b": 1}}`, `{"a": {"b": 1, "c": 1}}`, []string{"a"}},
		{"a mapping and a list", `{"a": {}}`, `{"a": []}`, []string{"a"}},
		{"a list and a string", `{"a": []}`, `{"a": "b"}`, []string{"a"}},
		{"a string and a mapping", `{"a": "b"}`, `{"a": {}}`, []string{"a"}},
		{"a number and nothing", `{"a": 1}`, `{"a": null}`, []string{"a"}},
		{"the tree", `1`, `2`, []string{""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, p := range Differences(parse(t, test.a), parse(t, test.b)) {
				got = append(got, p.String())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("differences are %q, want %q", got, test.want)
			}
		})
	}
}

func TestValue(t *testing.T) {
	tree := parse(t, `{"a": [{"b": "c"}, null]}`)
	tests := []struct {
		name string
		path Path
		want any
		ok   bool
	}{
		{"a leaf", Path{"a", 0, "b"}, "c", true},
		{"nothing in a list", Path{"a", 1}, nil, true},
		{"a missing key", Path{"b"}, nil, false},
		{"a missing item", Path{"a", 2}, nil, false},
		{"a key of a list", Path{"a", "b"}, nil, false},
		{"an item of a mapping", Path{0}, nil, false},
		{"below a string", Path{"a", 0, "b", "d"}, nil, false},
		{"another kind of step", Path{true}, nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, ok := Value(tree, test.path); got != test.want || ok != test.ok {
				t.Errorf("the value is %v, %t; want %v, %t", got, ok, test.want, test.ok)
			}
		})
	}
}

// TestDifferencesHaveValues checks that the path of a difference has a value in both
// trees, and that paths do not share memory.
func TestDifferencesHaveValues(t *testing.T) {
	a, b := parse(t, `{"a": {"b": [1, 2, 3], "c": 4}}`), parse(t, `{"a": {"b": [1, 0, 0], "c": 0}}`)
	paths := Differences(a, b)
	if len(paths) != 3 {
		t.Fatalf("differences are %v, want 3", paths)
	}
	for _, p := range paths {
		if got, ok := Value(b, p); !ok || got != 0.0 {
			t.Errorf("%s: the value is %v, %t; want 0", p, got, ok)
		}
	}
}

func TestContains(t *testing.T) {
	p := Path{"a", 0}
	for _, test := range []struct {
		name  string
		other Path
		want  bool
	}{
		{"itself", Path{"a", 0}, true},
		{"below", Path{"a", 0, "b"}, true},
		{"above", Path{"a"}, false},
		{"beside", Path{"a", 1}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := p.Contains(test.other); got != test.want {
				t.Errorf("contains %s: %t, want %t", test.other, got, test.want)
			}
		})
	}
}
