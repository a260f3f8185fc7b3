package reference

import (
	"reflect"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// TestArguments checks the documentation of arguments.
func TestArguments(t *testing.T) {
	o := options(t)
	declared, err := keys.Declare(reflect.TypeFor[Own]())
	if err != nil {
		t.Fatal(err)
	}
	documented, err := Arguments(declared, o.Comments, map[string]Argument{"plan": {Default: "the owner's"}, "heated": {Text: "`heated` is for the cabin."}})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for k, a := range documented {
		texts[k.Path] = Plain(a.String())
	}
	for path, want := range map[string]string{
		"name":       "name tells engines apart. Required.",
		"kind":       "kind is what burns. Default: coal. Values: coal, oil.",
		"boiler":     "boiler makes steam.",
		"boiler.bar": "bar is the pressure, in bar. Default: 12 with steel. Values: 1 to 25.",
		"plan":       "plan is how it is built. Default: the owner's.",
		"heated":     "heated is for the cabin. Default: false.",
	} {
		if texts[path] != want {
			t.Errorf("%s: %q, want %q", path, texts[path], want)
		}
	}
	if _, err := Arguments(declared, o.Comments, map[string]Argument{"wheels": {Default: "4"}}); err == nil || !strings.Contains(err.Error(), "wheels: is documented, and is no argument") {
		t.Errorf("documentation of no argument: %v", err)
	}
	if text, err := o.Comments.Type(keys.Owner{Package: declared.Type.PkgPath(), Type: "Own"}); err != nil || text != "Own is what an engine alone has.\n" {
		t.Errorf("the comment of the type is %q, %v", text, err)
	}
}
