package keys

import (
	"slices"
	"testing"
)

// TestFields checks that pointers reach the values of a spec, also of inlined structs.
func TestFields(t *testing.T) {
	f := fleet{Ferry: ferry{Spares: 3}}
	var names []string
	for _, field := range Fields(&f) {
		names = append(names, field.Name)
		if ferry, ok := field.Pointer.(*ferry); ok {
			ferry.Install = true
		}
	}
	if want := []string{"token", "harbor", "pier", "lights", "flags", "ferry", "ships"}; !slices.Equal(names, want) {
		t.Errorf("the keys are %q, want %q", names, want)
	}
	if !f.Ferry.Install || f.Ferry.Spares != 3 {
		t.Errorf("the ferry is %+v, want it installed, with 3 spares", f.Ferry)
	}
	h := harbor{}
	count := len(Fields(&h))
	h.Owned = &owned{}
	if total := len(Fields(&h)); total != count+3 {
		t.Errorf("with an inlined pointer there are %d keys, want 3 more than %d", total, count)
	}
}
