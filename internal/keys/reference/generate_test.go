package reference

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

func TestPages(t *testing.T) {
	files, err := Pages(options(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 3 {
		t.Errorf("%d files, want 3", len(files))
	}
	for name, text := range files {
		golden(t, name, text)
	}
}

// compiled returns the schema of toy, compiled by a validator.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(options(t))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("stack.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("stack.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchema checks that the schema accepts and refuses the same files as the decoder.
func TestSchema(t *testing.T) {
	const valid = "  aws:region: x\n  toy:engines: "
	for name, test := range map[string]struct{ yaml, wrong string }{
		"every key": {yaml: `  aws:region: x
  toy:token: {secure: v1}
  toy:yard: {tracks: 9, gauge: 0.5, crane: {tons: 5}}
  toy:defaults: {kind: oil, boiler: {bar: 3}, env: {A: ""}}
  toy:engines: [{name: a, crew: b, plan: {x: 1}}, {name: b, crew: [c, d], limits: {x: 5}, pin: {kind: coal}}]`},
		"keys of other namespaces": {yaml: "  other:engines: 5\n  toys:yard: 5\n  to: 5\n  toy: 6"},
		"no keys":                  {yaml: "  {}"},
		"unknown key":              {yaml: "  toy:engine: []", wrong: "toy:engine"},
		"unknown key below":        {yaml: valid + "[{name: a, kinds: oil}]", wrong: "kinds"},
		"key outside of defaults":  {yaml: "  toy:defaults: {name: a}", wrong: "name"},
		"key outside of pin":       {yaml: valid + "[{name: a, pin: {boiler: {bar: 3}}}]", wrong: "boiler"},
		"missing":                  {yaml: valid + "[{kind: oil}]", wrong: "name"},
		"missing below":            {yaml: "  toy:yard: {crane: {}}", wrong: "tons"},
		"unknown value":            {yaml: valid + "[{name: a, kind: gas}]", wrong: "coal"},
		"out of range":             {yaml: "  toy:yard: {tracks: 10}", wrong: "9"},
		"at an excluded bound":     {yaml: "  toy:yard: {gauge: 0}", wrong: "0"},
		"out of range in a map":    {yaml: valid + "[{name: a, limits: {x: 6}}]", wrong: "5"},
		"number for a string":      {yaml: valid + "[{name: 5}]", wrong: "string"},
		"empty list":               {yaml: valid + "[{name: a, crew: []}]", wrong: "crew"},
		"secret in clear":          {yaml: "  toy:token: abc", wrong: "object"},
		"list as JSON":             {yaml: "  toy:engines: '[{\"name\": \"a\"}]'\n  toy:yard: ' {\"tracks\": 9}'"},
		"other JSON":               {yaml: "  toy:engines: '{}'", wrong: "engines"},
		"text in place of JSON":    {yaml: "  toy:yard: nine", wrong: "yard"},
		"number as a string":       {yaml: "  aws:region: 7"},
		"boolean as a string":      {yaml: "  aws:region: true", wrong: "region"},
		"list as a string":         {yaml: "  aws:region: [a]", wrong: "region"},
		"unknown key of AWS":       {yaml: "  aws:profile: a", wrong: "aws:profile"},
		"key like those of AWS":    {yaml: "  awsx:profile: a\n  aws-native:region: b"},
		"items in two places": {yaml: `  toy:defaults: {wagons: [{load: coal, brake: {force: 2}}]}
  toy:engines: [{name: a, wagons: [{load: coal, brake: {force: 2}}]}]`},
		"missing in an item":              {yaml: valid + "[{name: a, wagons: [{brake: {force: 2}}]}]", wrong: "load"},
		"missing in an item of a scope":   {yaml: "  toy:defaults: {wagons: [{brake: {force: 2}}]}", wrong: "load"},
		"missing below an item":           {yaml: "  toy:defaults: {wagons: [{load: coal, brake: {}}]}", wrong: "force"},
		"mappings that look encrypted":    {yaml: valid + "[{name: a, env: {secure: a, B: b}, paint: {a: [{secure: {b: c}}, {secure: d, e: f}]}}]"},
		"encrypted mapping":               {yaml: valid + "[{name: a, env: {secure: v1}}]", wrong: "env"},
		"encrypted value":                 {yaml: valid + "[{name: a, env: {A: {secure: v1}}}]", wrong: "env"},
		"encrypted tree":                  {yaml: valid + "[{name: a, paint: {secure: v1}}]", wrong: "paint"},
		"encrypted value in a tree":       {yaml: valid + "[{name: a, paint: {red: {secure: v1}}}]", wrong: "paint"},
		"encrypted item in a tree":        {yaml: valid + "[{name: a, paint: {red: [b, {secure: v1}]}}]", wrong: "paint"},
		"encrypted value in a form":       {yaml: valid + "[{name: a, plan: {x: {secure: v1}}}]", wrong: "plan"},
		"encrypted value in place of all": {yaml: "  toy:engines: {secure: v1}", wrong: "engines"},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := yaml.YAMLToJSON([]byte("encryptionsalt: v1\nconfig:\n" + test.yaml + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			err = compiled(t).Validate(document)
			switch {
			case test.wrong == "" && err != nil:
				t.Errorf("it is refused: %v", err)
			case test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
				t.Errorf("it is refused for %v, want %s", err, test.wrong)
			}
		})
	}
}

// TestSchemaSharesMappings checks that mappings of the defaults and of the items are in
// the schema once, and that it has descriptions and defaults.
func TestSchemaSharesMappings(t *testing.T) {
	text, err := Schema(options(t))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "Steel holds more pressure") + strings.Count(string(text), "steel holds more pressure"); n != 1 {
		t.Errorf("the boiler stands %d times in\n%s", n, text)
	}
	var s struct {
		Properties struct {
			Config struct {
				Properties map[string]struct {
					Description string
					AnyOf       []struct {
						Properties map[string]struct {
							Description string
							Default     any
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	yard := s.Properties.Config.Properties["toy:yard"]
	if len(yard.AnyOf) != 2 || yard.Description != "yard is where engines stand. It has yard.tracks." || yard.AnyOf[0].Properties["tracks"].Default != 2.0 ||
		yard.AnyOf[0].Properties["gauge"].Description != "gauge is the distance of the rails, in mm. Default: that of the region, 1435 where it is not known." {
		t.Errorf("the yard is %+v", yard)
	}
}

type (
	undocumented struct {
		A string `key:"a" default:"x"`
	}
	unbounded struct {
		// A is a number. Default: 1.
		A int `key:"a"`
	}
	twice struct {
		// A is a string. Default: x.
		A string `key:"a" default:"x"`
	}
	silent struct {
		// A is a string.
		A string `key:"a"`
	}
	linked struct {
		// A is like [B.C].
		A string `key:"a" default:"x"`
	}
	formless struct {
		// A is a form. Default: none.
		A string `key:"a" as:"none"`
	}
)

func TestIncompleteDeclarationsAreErrors(t *testing.T) {
	for want, declaration := range map[string]reflect.Type{
		"undocumented.A of github.com/vllm-eks/vllm-eks/internal/keys/reference: has no doc comment": reflect.TypeFor[undocumented](),
		"unbounded.A of github.com/vllm-eks/vllm-eks/internal/keys/reference: is a number without":   reflect.TypeFor[unbounded](),
		"twice.A of github.com/vllm-eks/vllm-eks/internal/keys/reference: states its default twice":  reflect.TypeFor[twice](),
		"silent.A of github.com/vllm-eks/vllm-eks/internal/keys/reference: does not state":           reflect.TypeFor[silent](),
		"links to [B.C], which is no field": reflect.TypeFor[linked](),
		"has the form none":                 reflect.TypeFor[formless](),
		"page yard: has no keys":            reflect.TypeFor[silent](),
		"page a, which has no title":        reflect.TypeFor[silent](),
	} {
		o := options(t)
		var err error
		if o.Root, err = keys.Declare(declaration); err != nil {
			t.Fatal(err)
		}
		if _, err = Pages(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}
