package keys

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

func TestListHasEveryKey(t *testing.T) {
	list, err := List(reflect.TypeFor[fleet]())
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]*Key{}
	var paths []string
	for _, k := range list {
		byPath[k.Path] = k
		paths = append(paths, k.Path)
	}
	want := strings.Fields(`token harbor harbor.release harbor.addons harbor.id harbor.piers harbor.guard harbor.depth harbor.days harbor.pin pier pier.length pier.wood lights flags
		ferry ferry.install ferry.spares ferry.values defaults ships ships[].name ships[].aliases ships[].plan ships[].patch
		ships[].crew ships[].crew.count ships[].crew.spare ships[].crew.night ships[].speed ships[].speed.knots ships[].speed.limit ships[].env ships[].args
		ships[].routes ships[].routes[].to ships[].routes[].via ships[].routes[].days ships[].fares ships[].seats ships[].fee ships[].open ships[].class
		ships[].port ships[].tons ships[].stops ships[].berth ships[].pin`)
	if !slices.Equal(paths, want) {
		t.Errorf("keys are\n%q, want\n%q", paths, want)
	}
	for path, want := range map[string]string{
		"ships[].crew.count": "integer [defaults pin] true", "ships[].crew.night": "integer [defaults] false", "ships[].speed.limit": "integer [defaults pin] true",
		"ships[].name": "string [] false", "ships[].aliases": "string or list of strings [] false", "ships[].plan": "form [] false",
		"ships[].routes[].to": "string [defaults] false", "defaults": "mapping of a scope [] false",
	} {
		k := byPath[path]
		if got := string(k.Kind) + " [" + strings.Join(k.In, " ") + "] " + map[bool]string{true: "true", false: "false"}[k.Pinned()]; got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if k := byPath["ships[].crew"]; !k.Visible("pin") || byPath["ships[].name"].Visible("pin") || byPath["ships[].env"].Visible("pin") {
		t.Error("keys are not in the scopes that they name")
	}
}

// TestComponentKeys checks that a key of the component alone is not a key of
// a stack's file, in any scope.
func TestComponentKeys(t *testing.T) {
	f, r := decoded(t, "ships: [{name: a, berth: 2b, wharf: south}]\ndefaults: {wharf: south}\n")
	if f.Ships[0].Berth != "2b" || f.Ships[0].Wharf != "" {
		t.Errorf("decoded, it is %+v", f.Ships[0])
	}
	unknown := []string{"defaults.wharf: forbidden", "ships[0].wharf: forbidden"}
	if got := problemstest.KindsOf(r.Errors); !slices.Equal(got, unknown) {
		t.Errorf("errors are %q, want %q", got, unknown)
	}
	if _, pinned := Pins(&ship{Hull: Hull{Wharf: "south"}})["wharf"]; pinned {
		t.Error("a key of the component alone is pinned")
	}
}

func TestComplete(t *testing.T) {
	shared := []ship{{Hull: Hull{Name: "a", Routes: []route{{To: "x"}}}}}
	f := fleet{Ships: shared, Ferry: ferry{Install: true}}
	Complete(&f)
	if !*f.Lights || !slices.Equal(f.Flags, []string{"red", "green"}) || f.Harbor.Days != 7 || f.Pier != nil || f.Harbor.Owned != nil || f.Ferry.Spares != 2 {
		t.Errorf("complete, it is %+v", f)
	}
	if s := f.Ships[0]; s.Class != "cargo" || s.Wharf != "north" || s.Speed.Knots != 12 || s.Routes[0].Days != 1 {
		t.Errorf("complete, a ship is %+v", s)
	}
	if shared[0].Class != "" || shared[0].Routes[0].Days != 0 {
		t.Error("the list that was handed over has changed")
	}
	lent, ownedKeys := &pier{Length: 1}, &owned{ID: "h"}
	copied := fleet{Pier: lent, Harbor: harbor{Owned: ownedKeys}}
	if Complete(&copied); copied.Pier.Wood != "oak" || copied.Harbor.Owned.Guard != "dog" || lent.Wood != "" || ownedKeys.Guard != "" {
		t.Errorf("optional structs are %+v and %+v, and those handed over %+v and %+v", copied.Pier, copied.Harbor.Owned, lent, ownedKeys)
	}
	again := f
	if Complete(&again); !reflect.DeepEqual(again, f) {
		t.Errorf("a second time, it is %+v", again)
	}
	disabled := false
	explicit := fleet{Lights: &disabled, Flags: []string{"blue"}}
	Complete(&explicit)
	if *explicit.Lights || len(explicit.Flags) != 1 || explicit.Ferry.Spares != 0 {
		t.Errorf("complete, it is %+v", explicit)
	}
}

func TestDefaultsWithConditions(t *testing.T) {
	type scaling struct {
		Policy string `key:"policy" default:"load"`
		Load   int    `key:"load" range:"1.." default:"9" if:"policy=load queue"`
		CPU    int    `key:"cpu" range:"1..100" default:"70" if:"policy=cpu"`
		Watch  *bool  `key:"watch"`
		Every  int    `key:"every" range:"1.." default:"15" if:"watch"`
		Alone  string `key:"alone" default:"yes" if:"!cpu"`
	}
	disabled, enabled := false, true
	for _, test := range []struct{ got, want scaling }{
		{scaling{}, scaling{Policy: "load", Load: 9, Alone: "yes"}},
		{scaling{Policy: "cpu", Watch: &disabled}, scaling{Policy: "cpu", CPU: 70, Watch: &disabled}},
		{scaling{Policy: "queue", Load: 3, Watch: &enabled}, scaling{Policy: "queue", Load: 3, Watch: &enabled, Every: 15, Alone: "yes"}},
	} {
		got := test.got
		if Complete(&got); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%+v comes to %+v, want %+v", test.got, got, test.want)
		}
	}
}

// TestCheck pins the wording of each problem, once, and its kind.
func TestCheck(t *testing.T) {
	tooMany := 9
	f := fleet{
		Harbor: harbor{Depth: 101, Days: 8, Owned: &owned{}},
		Pier:   &pier{},
		Ships: []ship{{Hull: Hull{
			Crew: crew{Count: -1, Spare: &tooMany}, Class: "x", Port: "d", Tons: -5, Seats: map[string]int{"up": 501, "down": 1},
			Fares: map[string]float64{"kid": -1}, Routes: []route{{Days: 3}},
		}}, {Hull: Hull{Name: "b", Crew: crew{Count: 8}, Fee: 100}}},
	}
	errs := Check(&f, nil)
	want := []string{
		"harbor.id: is missing; give it a value such as h-1",
		"harbor.depth: is 101, want a number above 0 and at most 100",
		"harbor.days: is 8, want one of 1, 7, 30",
		"pier.length: is missing; measure it",
		`ships[0].name: is missing; give it a value such as "ada"`,
		"ships[0].crew.count: is -1, want 1 to 8",
		"ships[0].crew.spare: is 9, want 0 to 8",
		"ships[0].routes[0].to: is missing",
		"ships[0].fares.kid: is -1, want a number above 0",
		"ships[0].seats.up: is 501, want 1 to 500",
		`ships[0].class: is "x", want "cargo" or "ferry"`,
		`ships[0].port: is "d", want one of a, b, c`,
		"ships[0].tons: is -5, want at least 1; leave it out for no bound",
	}
	if got := messages(errs); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := Check(&fleet{Harbor: harbor{Depth: 1}}, nil); len(got) != 0 {
		t.Errorf("without optional structs, problems are %v", got)
	}
	kinds := []string{
		"harbor.days: not supported", "harbor.depth: invalid", "harbor.id: required", "pier.length: required", "ships[0].class: not supported",
		"ships[0].crew.count: invalid", "ships[0].crew.spare: invalid", "ships[0].fares.kid: invalid", "ships[0].name: required", "ships[0].port: not supported",
		"ships[0].routes[0].to: required", "ships[0].seats.up: invalid", "ships[0].tons: invalid",
	}
	if got := problemstest.KindsOf(errs); !slices.Equal(got, kinds) {
		t.Errorf("kinds are %q, want %q", got, kinds)
	}
	if got := messages(Check(&f.Ships[0].Crew, field.NewPath("ships").Index(0).Child("crew")))[0]; got != want[5] {
		t.Errorf("below a path, it is %q, want %q", got, want[5])
	}
}

func TestPins(t *testing.T) {
	zero := 0
	s := ship{Hull: Hull{Name: "a", Class: "ferry", Crew: crew{Spare: &zero, Night: 3}, Speed: speed{Knots: 12, Limit: 20}, Stops: []string{"one"}}}
	want := map[string]any{"class": "ferry", "crew": map[string]any{"spare": 0}, "speed": map[string]any{"limit": 20}, "stops": "one"}
	if got := Pins(&s); !reflect.DeepEqual(got, want) {
		t.Errorf("pins are %v, want %v", got, want)
	}
	s.Stops = []string{"one", "two"}
	if got := Pins(&s)["stops"]; !reflect.DeepEqual(got, []string{"one", "two"}) {
		t.Errorf("a list is pinned as %v", got)
	}
}
