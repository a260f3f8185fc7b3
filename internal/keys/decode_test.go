package keys

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestDecodeEveryKind(t *testing.T) {
	f, r := decoded(t, `
token: secret:t0
harbor: {release: r1, depth: 12.5, id: h-2, piers: [a, b], days: 30}
pier: {length: 3}
lights: false
flags: []
ferry: {install: true, spares: 1, values: {a: {b: 1}}}
ships:
  - name: ada
    aliases: one
    plan: {x: 1, y: 2}
    patch: {b: [1], a: null}
    crew: {count: 4, spare: 0, night: 0}
    env: {A: "", B: b}
    args: [-x, ""]
    routes: [{to: here}, {to: there, via: x}]
    fares: {kid: 0.5}
    seats: {up: 7}
    fee: 0
    open: false
    class: ferry
  - {name: bob, aliases: [one, two]}`)
	if got := messages(r.Errors); len(got) != 0 {
		t.Fatalf("problems are %q", got)
	}
	disabled, zero := false, 0
	want := fleet{
		Token:  "t0",
		Harbor: harbor{Release: "r1", Depth: 12.5, Owned: &owned{ID: "h-2", Piers: []string{"a", "b"}}, Days: 30},
		Pier:   &pier{Length: 3}, Lights: &disabled, Flags: []string{},
		Ferry: ferry{Install: true, Spares: 1, Values: f.Ferry.Values},
		Ships: []ship{
			{Hull: Hull{
				Name: "ada", Aliases: []string{"one"}, Plan: "2 keys", Patch: `{"a":null,"b":[1]}`, Crew: crew{Count: 4, Spare: &zero},
				Env: map[string]string{"A": "", "B": "b"}, Args: []string{"-x", ""}, Routes: []route{{To: "here"}, {To: "there", Via: "x"}},
				Fares: map[string]float64{"kid": 0.5}, Seats: map[string]int{"up": 7}, Open: &disabled, Class: "ferry",
			}},
			{Hull: Hull{Name: "bob", Aliases: []string{"one", "two"}}},
		},
	}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got\n%+v, want\n%+v", f, want)
	}
	if below, ok := f.Ferry.Values["a"].(map[string]any); !ok || len(below) != 1 {
		t.Errorf("values are %v", f.Ferry.Values)
	}
}

// TestScopesSupplyMissingKeys checks the order item, defaults, pin for strings, for
// mappings (merged) and for lists (not merged), and the typed keys.
func TestScopesSupplyMissingKeys(t *testing.T) {
	f, r := decoded(t, `
harbor: {addons: {dns: v2}, pin: {release: r0, addons: {dns: v1, proxy: v3}}}
defaults: {crew: {count: 2, spare: 1}, env: {A: a, B: b}, args: [x], routes: [{to: here}], speed: {limit: 9}}
ships:
  - {name: ada, crew: {count: 3}, env: {B: own}, args: [], pin: {crew: {count: 5, spare: 6}, class: ferry, speed: {limit: 7}}}
  - {name: bob, pin: {stops: s}}`)
	if got := messages(r.Errors); len(got) != 0 {
		t.Fatalf("problems are %q", got)
	}
	if want := map[string]string{"dns": "v2", "proxy": "v3"}; f.Harbor.Release != "r0" || !maps.Equal(f.Harbor.Addons, want) {
		t.Errorf("the harbor is %+v", f.Harbor)
	}
	ada, bob := f.Ships[0], f.Ships[1]
	if ada.Crew.Count != 3 || *ada.Crew.Spare != 1 || bob.Crew.Count != 2 || ada.Speed.Limit != 9 || ada.Class != "ferry" || bob.Class != "" {
		t.Errorf("ships are %+v and %+v", ada, bob)
	}
	if want := map[string]string{"A": "a", "B": "own"}; !maps.Equal(ada.Env, want) {
		t.Errorf("env is %v, want %v", ada.Env, want)
	}
	if len(ada.Args) != 0 || !slices.Equal(bob.Args, []string{"x"}) || len(bob.Routes) != 1 || !slices.Equal(bob.Stops, []string{"s"}) {
		t.Errorf("lists are %+v and %+v", ada, bob)
	}
	for key, want := range map[string]string{
		"ships[0].crew.count": "ships[0].crew.count", "ships[0].crew.spare": "defaults.crew.spare", "ships[0].class": "ships[0].pin.class",
		"ships[1].args[0]": "defaults.args[0]", "ships[1].routes[0].to": "defaults.routes[0].to", "ships[0].env.A": "defaults.env.A",
		"harbor.release": "harbor.pin.release", "harbor.addons.proxy": "harbor.pin.addons.proxy", "harbor.addons.dns": "harbor.addons.dns", "ships": "ships",
	} {
		if got := r.TypedAt(key); got != want {
			t.Errorf("%s is typed at %s, want %s", key, got, want)
		}
	}
	for key, want := range map[string]bool{"ships[0].crew": true, "ships[1].crew": false, "ships[1].pin.stops": true, "defaults.env.B": true, "lights": false} {
		if got := r.Given(key); got != want {
			t.Errorf("%s is given: %t, want %t", key, got, want)
		}
	}
}

func TestMissingKeysStayZero(t *testing.T) {
	f, r := decoded(t, "{}")
	if len(r.Errors) != 0 || !reflect.DeepEqual(f, fleet{}) {
		t.Errorf("got %+v with %v", f, r.Errors)
	}
}

// TestProblemsOfValues checks the wording of each message once.
func TestProblemsOfValues(t *testing.T) {
	tests := []struct {
		name, yaml string
		kind       field.ErrorType
		want       string
	}{
		{"number for a string", "ships: [{name: 7}]", field.ErrorTypeTypeInvalid, "ships[0].name: is a number, 7, want a string; put it in quotes"},
		{"empty string", `ships: [{name: ""}]`, field.ErrorTypeInvalid, "ships[0].name: is empty; give it a value or remove the key"},
		{"no value", "ships: [{name: null}]", field.ErrorTypeRequired, "ships[0].name: has no value; give it one or remove the key"},
		{"mapping without a value", "ships: [{name: a, crew: null}]", field.ErrorTypeRequired, "ships[0].crew: has no value; give it one or remove the key"},
		{"string for an integer", "ships: [{name: a, crew: {count: two}}]", field.ErrorTypeTypeInvalid, `ships[0].crew.count: is a string, "two", want a whole number`},
		{"half", "ships: [{name: a, crew: {count: 0.5}}]", field.ErrorTypeTypeInvalid, "ships[0].crew.count: is a number, 0.5, want a whole number"},
		{"too large to be a number", "ships: [{name: a, crew: {count: 99999999999999999999}}]", field.ErrorTypeTypeInvalid, "ships[0].crew.count: is a number, 100000000000000000000, want a whole number"},
		{"zero", "ships: [{name: a, crew: {count: 0}}]", field.ErrorTypeInvalid, "ships[0].crew.count: is 0, want a number of at least 1; remove the key for the default"},
		{"zero of a required key", "pier: {length: 0}", field.ErrorTypeInvalid, "pier.length: is 0, want 1 to 9"},
		{"string for a number", "harbor: {depth: deep}", field.ErrorTypeTypeInvalid, `harbor.depth: is a string, "deep", want a number above 0 and at most 100`},
		{"zero for a number", "harbor: {depth: 0}", field.ErrorTypeInvalid, "harbor.depth: is a number, 0, want a number above 0 and at most 100"},
		{"string for a boolean", `lights: "on"`, field.ErrorTypeTypeInvalid, `lights: is a string, "on", want true or false`},
		{"mapping for a list", "ships: {a: b}", field.ErrorTypeTypeInvalid, "ships: is a mapping, want a list"},
		{"string for an item", "ships: [hf_canary]", field.ErrorTypeTypeInvalid, "ships[0]: is a string, want a mapping"},
		{"number for a mapping", "ships: [{name: a, crew: 4}]", field.ErrorTypeTypeInvalid, "ships[0].crew: is a number, want a mapping such as {count: 4}"},
		{"boolean for a mapping", "ferry: true", field.ErrorTypeTypeInvalid, "ferry: is a boolean, want a mapping such as {install: true}"},
		{"boolean for a mapping of numbers", "ships: [{name: a, crew: true}]", field.ErrorTypeTypeInvalid, "ships[0].crew: is a boolean, want a mapping"},
		{"list for a tree", "ferry: {values: [1]}", field.ErrorTypeTypeInvalid, "ferry.values: is a list, want a mapping"},
		{"list for JSON", "ships: [{name: a, patch: [1]}]", field.ErrorTypeTypeInvalid, "ships[0].patch: is a list, want a mapping"},
		{"empty list for one or more", "ships: [{name: a, aliases: []}]", field.ErrorTypeInvalid, "ships[0].aliases: is an empty list; give it a value or remove the key"},
		{"number among one or more", "ships: [{name: a, aliases: [x, 6]}]", field.ErrorTypeTypeInvalid, "ships[0].aliases[1]: is a number, 6, want a string; put it in quotes"},
		{"empty string for one or more", `ships: [{name: a, aliases: ""}]`, field.ErrorTypeInvalid, "ships[0].aliases: is empty; give it a value or remove the key"},
		{"sensitive value", "ships: [{name: a, env: {X: 5}}]", field.ErrorTypeTypeInvalid, "ships[0].env.X: is a number, want a string; put it in quotes"},
		{"an argument of the defaults, once", "defaults: {args: [5]}\nships: [{name: a}, {name: b}]", field.ErrorTypeTypeInvalid, "defaults.args[0]: is a number, want a string; put it in quotes"},
		{"string for a mapped number", "ships: [{name: a, fares: {kid: free}}]", field.ErrorTypeTypeInvalid, `ships[0].fares.kid: is a string, "free", want a number above 0`},
		{"zero for a mapped integer", "ships: [{name: a, seats: {up: 0}}]", field.ErrorTypeInvalid, "ships[0].seats.up: is 0, want a number of at least 1; remove the key for the default"},
		{"form", "ships: [{name: a, plan: [x]}]", field.ErrorTypeInvalid, "ships[0].plan: is a list, want a name or a mapping"},
		{"unknown key with a similar one", "ships: [{name: a, crew: {cuont: 2}}]", field.ErrorTypeForbidden, "ships[0].crew.cuont: is an unknown key; did you mean count?"},
		{"unknown key without a similar one", "pier: {length: 1, temperature: 2}", field.ErrorTypeForbidden, "pier.temperature: is an unknown key; known ones are length, wood"},
		{"key outside of the scope defaults", "defaults: {name: a}", field.ErrorTypeForbidden, "defaults.name: is an unknown key; known ones are args, class, crew, env, open, port, routes, speed"},
		{"key outside of the scope pin", "ships: [{name: a, pin: {crew: {night: 2}}}]", field.ErrorTypeForbidden, "ships[0].pin.crew.night: is an unknown key; known ones are count, spare"},
		{"number for a pin", "ships: [{name: a, pin: 5}]", field.ErrorTypeTypeInvalid, "ships[0].pin: is a number, want a mapping"},
		{"secret in clear", "token: hf_canary", field.ErrorTypeForbidden, "token: is stored unencrypted; revoke it, since somebody may have seen it, and set a new one with: pulumi config set --secret toy:token"},
		{"secret with a line break", `token: "secret:hf_canary\n"`, field.ErrorTypeForbidden, "token: has white space in it, perhaps a line break at its end; set it again without"},
		{"empty secret", `token: "secret:"`, field.ErrorTypeForbidden, "token: is empty; set it with: pulumi config set --secret toy:token"},
		{"mapping as a secret", `token: 'secret:{"a":1}'`, field.ErrorTypeForbidden, "token: is a list or a mapping, want one string; set it with: pulumi config set --secret toy:token"},
		{"secret elsewhere", "ships: secret:hf_canary", field.ErrorTypeForbidden, "ships: holds an encrypted value, which would be stored unencrypted from here; only token may be encrypted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, r := decoded(t, test.yaml)
			if got := messages(r.Errors); len(got) != 1 || got[0] != test.want || r.Errors[0].Type != test.kind {
				t.Errorf("got %q of kind %v, want %q of kind %s", got, r.Errors, test.want, test.kind)
			}
			if strings.Contains(r.Errors.ToAggregate().Error(), "hf_canary") {
				t.Errorf("%v repeats a secret", r.Errors)
			}
		})
	}
}

// TestUnknownKeysComeLast checks that wrong values come first, because they may cause
// unknown keys.
func TestUnknownKeysComeLast(t *testing.T) {
	_, r := decoded(t, "sips: []\nships: [{nmae: a, tons: x}]")
	want := []string{`ships[0].tons: is a string, "x", want a whole number`, "sips: is an unknown key; did you mean ships?", "ships[0].nmae: is an unknown key; did you mean name?"}
	if got := messages(r.Errors); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !r.Reported("ships") || !r.Reported("ships[0].tons") || r.Reported("ship") || r.Reported("harbor") {
		t.Error("not what is wrong counts as reported")
	}
}

func TestRedirect(t *testing.T) {
	_, r := decoded(t, "ships: [{name: a}]")
	r.Redirect("ships[0].berth", "harbor")
	if got := r.TypedAt("ships[0].berth.depth"); got != "harbor.depth" {
		t.Errorf("typed at %s", got)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"maxModelLen", "model", "name", "gpu"}
	for word, want := range map[string]string{"maxModelLength": "maxModelLen", "MODEL": "model", "nmae": "name", "gpus": "gpu", "temperature": "", "": ""} {
		if got := Nearest(word, names); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	names := []string{"install", "values"}
	if got := DidYouMean("instal", names); got != " (did you mean install?)" {
		t.Errorf("got %q", got)
	}
	if got := DidYouMean("retention", names); got != "" {
		t.Errorf("got %q for a word that is not similar", got)
	}
}
