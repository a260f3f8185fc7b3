package serving

import (
	"fmt"
	"slices"
	"testing"
)

// forest returns two trees for the values of three sources.
func forest(name, class string, subnets ...string) []any {
	var peers []any
	for _, s := range subnets {
		peers = append(peers, map[string]any{"cidr": s, "class": class})
	}
	return []any{
		map[string]any{"name": name, "kind": "A", "both": name + class},
		map[string]any{"peers": peers, "deep": []any{map[string]any{"class": class}, "constant"}},
	}
}

// TestDependents checks the dependencies of values on sources.
func TestDependents(t *testing.T) {
	samples := forest("a", "b", "c")
	found, err := dependents(samples, [][]any{forest("x", "b", "c"), forest("a", "x", "c"), forest("a", "b", "x", "y")})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, list := range found {
		for _, d := range list {
			got = append(got, fmt.Sprint(i, " ", d.path, " ", d.sources))
		}
	}
	slices.Sort(got)
	want := []string{"0 both [0 1]", "0 name [0]", "1 deep[0].class [1]", "1 peers [1 2]"}
	if !slices.Equal(got, want) {
		t.Errorf("dependents are %q, want %q", got, want)
	}
}

// TestDependentsOfAnotherShape checks that a source that changes the list of objects is
// an error.
func TestDependentsOfAnotherShape(t *testing.T) {
	samples := forest("a", "b", "c")
	for name, variant := range map[string][]any{
		"one object less": samples[:1],
		"another object":  {"text", samples[1]},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := dependents(samples, [][]any{variant}); err == nil {
				t.Error("the change is accepted")
			}
		})
	}
}

// TestUnforeseen checks that unforeseen finds a changed value that no sample changed.
func TestUnforeseen(t *testing.T) {
	samples := forest("a", "b", "c")
	found, err := dependents(samples, [][]any{forest("x", "b", "c")})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		built []any
		want  string
	}{
		{"another value of the source", forest("y", "b", "c"), ""},
		{"another value elsewhere", forest("y", "z", "c"), "peers[0].class"},
		{"one object less", samples[:1], "the number of objects"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "another value elsewhere" {
				test.built[1].(map[string]any)["deep"] = samples[1].(map[string]any)["deep"]
				test.built[0] = samples[0]
			}
			if got := unforeseen(samples, test.built, found); got != test.want {
				t.Errorf("unforeseen: %q, want %q", got, test.want)
			}
		})
	}
}
