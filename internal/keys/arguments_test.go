package keys

import (
	"reflect"
	"slices"
	"testing"
)

// TestArguments checks the keys of a component, and the selectors of their fields.
func TestArguments(t *testing.T) {
	m, err := Declare(reflect.TypeFor[ship]())
	if err != nil {
		t.Fatal(err)
	}
	selectors := map[string]string{}
	var paths []string
	for _, k := range m.AllArguments() {
		paths = append(paths, k.Path)
	}
	named := map[string]Owner{}
	for _, k := range m.Arguments() {
		selectors[k.Name], named[k.Name] = m.Selector(k), k.Named()
	}
	for path, want := range map[string]bool{"wharf": true, "crew.count": true, "routes[].to": true, "berth": false} {
		if slices.Contains(paths, path) != want {
			t.Errorf("%s is an argument: %t, want %t", path, !want, want)
		}
	}
	if selectors["wharf"] != "Hull.Wharf" || selectors["pin"] != "Pin" {
		t.Errorf("selectors are %v", selectors)
	}
	if owner := (Owner{m.Type.PkgPath(), "class"}); named["class"] != owner || named["name"] != (Owner{Type: "string"}) {
		t.Errorf("types are %v", named)
	}
}
