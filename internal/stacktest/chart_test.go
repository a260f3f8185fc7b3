package stacktest

import (
	"slices"
	"testing"
)

func TestUnknownKeys(t *testing.T) {
	keys := []string{"a", "b.c", "d.*"}
	tests := []struct {
		name   string
		values map[string]any
		want   []string
	}{
		{"known", map[string]any{"a": 1, "b": map[string]any{"c": "x"}, "d": map[string]any{"any": map[string]any{"thing": 1}}}, nil},
		{"misspelt", map[string]any{"A": 1}, []string{"A"}},
		{"misspelt below", map[string]any{"b": map[string]any{"d": 1, "c": 1}}, []string{"b.d"}},
		{"a mapping with known parts", map[string]any{"b": "x"}, []string{"b"}},
		{"nothing below", map[string]any{"b": map[string]any{}}, nil},
	}
	for _, test := range tests {
		if got := unknownKeys(keys, "", test.values); !slices.Equal(got, test.want) {
			t.Errorf("%s: unknown are %q, want %q", test.name, got, test.want)
		}
	}
}
