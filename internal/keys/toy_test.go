package keys

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// fleet is a configuration with keys of every kind.
type fleet struct {
	Token    string   `key:"token" secret:"true"`
	Harbor   harbor   `key:"harbor"`
	Pier     *pier    `key:"pier"`
	Lights   *bool    `key:"lights" default:"true"`
	Flags    []string `key:"flags" default:"red green"`
	Ferry    ferry    `key:"ferry" short:"install"`
	Defaults struct{} `key:"defaults" scope:"defaults" of:"ships"`
	Ships    []ship   `key:"ships"`

	computed int //nolint:unused // shows that a field without the tag is not a key
}

// harbor has its own pin and an inlined pointer.
type harbor struct {
	Release string            `key:"release" in:"pin"`
	Addons  map[string]string `key:"addons" in:"pin"`
	Owned   *owned            `key:",inline"`
	Depth   float64           `key:"depth" range:">0..100"`
	Days    int               `key:"days" oneof:"1 7 30" default:"7"`
	Pin     struct{}          `key:"pin" scope:"pin"`
}

type owned struct {
	ID    string   `key:"id" required:"true" example:"h-1"`
	Piers []string `key:"piers"`
	Guard string   `key:"guard" default:"dog"`
}

type pier struct {
	Length int    `key:"length" required:"true" range:"1..9" advice:"measure it"`
	Wood   string `key:"wood" default:"oak"`
}

type ferry struct {
	Install bool           `key:"install"`
	Spares  int            `key:"spares" range:"1..5" default:"2" if:"install"`
	Values  map[string]any `key:"values"`
}

// ship is an item of a list, with values from defaults and pin.
type ship struct {
	Hull `key:",inline"`
	Pin  struct{} `key:"pin" scope:"pin"`
}

// Hull holds the keys that a ship and its owner share.
type Hull struct {
	Name    string             `key:"name" required:"true" example:"\"ada\""`
	Aliases []string           `key:"aliases" list:"one"`
	Plan    string             `key:"plan" as:"plan"`
	Patch   string             `key:"patch" as:"json"`
	Crew    crew               `key:"crew" in:"defaults pin" short:"count"`
	Speed   speed              `key:"speed" in:"defaults"`
	Env     map[string]string  `key:"env" in:"defaults" sensitive:"true"`
	Args    []string           `key:"args" in:"defaults" sensitive:"true"`
	Routes  []route            `key:"routes" in:"defaults"`
	Fares   map[string]float64 `key:"fares" range:">0.."`
	Seats   map[string]int     `key:"seats" range:"1..500"`
	Fee     float64            `key:"fee" range:"0..100"`
	Open    *bool              `key:"open" in:"defaults"`
	Class   class              `key:"class" default:"cargo" in:"defaults pin"`
	Port    string             `key:"port" in:"defaults" oneof:"a b c"`
	Tons    int                `key:"tons" range:"1.." advice:"leave it out for no bound"`
	Stops   []string           `key:"stops" list:"one" in:"pin"`
	Wharf   string             `key:"wharf" only:"component" in:"defaults" default:"north"`
	Berth   string             `key:"berth" only:"stack"`
}

type class string

func (class) Values() []string { return []string{"cargo", "ferry"} }

type crew struct {
	Count int  `key:"count" range:"1..8"`
	Spare *int `key:"spare" range:"0..8"`
	Night int  `key:"night" range:"0..8" in:"defaults"`
}

type speed struct {
	Knots int `key:"knots" range:"1..60" default:"12"`
	Limit int `key:"limit" range:"1..60" in:"defaults pin"`
}

type route struct {
	To   string `key:"to" required:"true"`
	Via  string `key:"via"`
	Days int    `key:"days" range:"1..9" default:"1"`
}

// forms holds one form, which accepts a name or a mapping.
func forms() map[string]Form {
	return map[string]Form{"plan": {Kind: "name or mapping", Decode: func(value any, report func(string, ...any)) any {
		switch value := value.(type) {
		case string:
			return value
		case map[string]any:
			return fmt.Sprintf("%d keys", len(value))
		}
		report("is %s, want a name or a mapping", Describe(value))
		return "wrong"
	}}}
}

// parsed returns decoded YAML. Strings that begin with secret: are encrypted.
func parsed(t *testing.T, text string) map[string]any {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(asJSON))
	decoder.UseNumber()
	var values map[string]any
	if err := decoder.Decode(&values); err != nil {
		t.Fatal(err)
	}
	for name, value := range values {
		if text, isText := value.(string); isText && strings.HasPrefix(text, "secret:") {
			values[name] = Encrypted(strings.TrimPrefix(text, "secret:"))
		}
	}
	return values
}

func decoded(t *testing.T, text string) (fleet, *Result) {
	t.Helper()
	var f fleet
	r := Decode(Decoder{Namespace: "toy", Forms: forms()}, parsed(t, text), &f)
	return f, r
}

// messages returns the errors as text, key first.
func messages(errs field.ErrorList) []string {
	var list []string
	for _, e := range errs {
		list = append(list, e.Field+": "+e.Detail)
	}
	return list
}
