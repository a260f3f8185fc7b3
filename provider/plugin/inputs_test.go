package plugin

import (
	"context"
	"slices"
	"strings"
	"testing"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

const (
	toyURN   = resource.URN("urn:pulumi:dev::project::toy:index:Ship::titan")
	otherURN = resource.URN("urn:pulumi:dev::project::toy:index:Harbour::h")
)

// toy returns a schema with every kind of property.
func toy() schema.PackageSpec {
	plain := func(t string) schema.TypeSpec { return schema.TypeSpec{Type: t, Plain: true} }
	propertyOf := func(t schema.TypeSpec) schema.PropertySpec { return schema.PropertySpec{TypeSpec: t} }
	text, input, anyValue := plain("string"), schema.TypeSpec{Type: "string"}, schema.TypeSpec{Ref: anything, Plain: true}
	return schema.PackageSpec{
		Resources: map[string]schema.ResourceSpec{"toy:index:Ship": {InputProperties: map[string]schema.PropertySpec{
			"name":   propertyOf(text),
			"port":   propertyOf(input),
			"stops":  propertyOf(schema.TypeSpec{Type: "array", Items: &input}),
			"crew":   propertyOf(schema.TypeSpec{Ref: "#/types/toy:index:Crew", Plain: true}),
			"routes": propertyOf(schema.TypeSpec{Type: "array", Plain: true, Items: &schema.TypeSpec{Ref: "#/types/toy:index:Crew", Plain: true}}),
			"env":    propertyOf(schema.TypeSpec{Type: "object", Plain: true, AdditionalProperties: &text}),
			"patch":  propertyOf(schema.TypeSpec{Type: "object", Plain: true, AdditionalProperties: &anyValue}),
			"class":  propertyOf(schema.TypeSpec{Ref: "#/types/toy:index:Class", Plain: true}),
		}}},
		Types: map[string]schema.ComplexTypeSpec{
			"toy:index:Crew": {ObjectTypeSpec: schema.ObjectTypeSpec{Type: "object", Properties: map[string]schema.PropertySpec{
				"count": propertyOf(plain("integer")), "share": propertyOf(plain("number")), "night": propertyOf(plain("boolean")), "cook": propertyOf(input),
			}}},
			"toy:index:Class": {ObjectTypeSpec: schema.ObjectTypeSpec{Type: "string"}, Enum: []schema.EnumValueSpec{{Value: "cargo"}}},
		},
	}
}

type values = map[string]property.Value

func newMap(m values) property.Value             { return property.New(property.NewMap(m)) }
func newList(v ...property.Value) property.Value { return property.New(property.NewArray(v)) }

func TestCheckReportsEveryProblem(t *testing.T) {
	word, secret, unknownValue := property.New("x"), property.New("hidden").WithSecret(true), property.New(property.Computed)
	tests := []struct {
		name   string
		inputs values
		want   []string
	}{
		{"nothing is given", values{}, nil},
		{"an unknown key", values{"crow": word}, []string{`titan.crow: is an unknown key; did you mean crew?`}},
		{"an unknown key below", values{"crew": newMap(values{"cunt": word})}, []string{"titan.crew.cunt: is an unknown key; did you mean count?"}},
		{"an unknown key of an item", values{"routes": newList(newMap(values{"zzzzzzzz": word}))},
			[]string{"titan.routes[0].zzzzzzzz: is an unknown key; known ones are cook, count, night, share"}},
		{"a fraction", values{"crew": newMap(values{"count": property.New(3.5)})}, []string{"titan.crew.count: is a number, 3.5, want a whole number"}},
		{"a whole number", values{"crew": newMap(values{"count": property.New(3.0), "share": property.New(3.5), "night": property.New(true)})}, nil},
		{"the wrong kinds", values{"name": property.New(3.0), "crew": word, "stops": word, "env": newList(), "class": property.New(true)}, []string{
			"titan.class: is a boolean, true, want a string", "titan.crew: is a string, want a mapping", "titan.env: is a list, want a mapping",
			"titan.name: is a number, 3, want a string", "titan.stops: is a string, want a list",
		}},
		{"an empty key", values{"": word, "env": newMap(values{"": property.New(true)})}, []string{
			`titan[""]: is an unknown key; known ones are class, crew, env, name, patch, port, routes, stops`, `titan.env[""]: is a boolean, true, want a string`,
		}},
		{"the wrong kinds below", values{"stops": newList(word, newMap(nil)), "env": newMap(values{"A": property.New(true)})},
			[]string{"titan.env.A: is a boolean, true, want a string", "titan.stops[1]: is a mapping, want a string"}},
		{"unknown values", values{
			"name": unknownValue, "port": unknownValue, "stops": unknownValue, "crew": newMap(values{"cook": unknownValue, "count": unknownValue}),
			"patch": newMap(values{"a": newList(newMap(values{"b": unknownValue}))}), "routes": unknownValue,
		}, []string{
			"titan.crew.count: is an output that is not known yet, want a value that is known when the program runs",
			"titan.name: is an output that is not known yet, want a value that is known when the program runs",
			"titan.patch.a[0].b: is an output that is not known yet, want a value that is known when the program runs",
			"titan.routes: is an output that is not known yet, want a value that is known when the program runs",
		}},
		{"secrets", values{
			"name": secret, "port": secret, "env": newMap(values{"A": secret}).WithSecret(true), "stops": newList(property.New(7.0).WithSecret(true)),
		}, []string{
			"titan.env.A: is a secret, and would be stored unencrypted; want a value that is not secret",
			"titan.name: is a secret, and would be stored unencrypted; want a value that is not secret",
			"titan.stops[0]: is a secret of another kind, want a string",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := check(toy(), toyURN, property.NewMap(test.inputs))
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("problems are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			if err != nil && strings.Contains(err.Error(), "hidden") {
				t.Error("the error has a secret")
			}
		})
	}
}

// TestCheckKeepsWhatInputsNeed holds that known outputs are plain where plain values
// are wanted, and that inputs keep secrets and dependencies, also those of a mapping
// around them.
func TestCheckKeepsWhatInputsNeed(t *testing.T) {
	dependency := []resource.URN{otherURN}
	output := func(v property.Value) property.Value { return v.WithDependencies(dependency) }
	got, err := check(toy(), toyURN, property.NewMap(values{
		"name":  output(property.New("x")),
		"class": property.New(property.Null),
		"port":  output(property.New("p")).WithSecret(true),
		"crew":  output(newMap(values{"count": property.New(2.0), "cook": property.New("c")})),
		"stops": output(newList(property.New("a"), property.New(property.Computed))).WithSecret(true),
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := property.NewMap(values{
		"name":  property.New("x"),
		"port":  output(property.New("p")).WithSecret(true),
		"crew":  newMap(values{"count": property.New(2.0), "cook": output(property.New("c"))}),
		"stops": newList(output(property.New("a")).WithSecret(true), output(property.New(property.Computed)).WithSecret(true)),
	})
	if !property.New(got).Equals(property.New(want)) {
		t.Errorf("inputs are\n%#v\nwant\n%#v", got, want)
	}
}

// TestCheckedConstructsWhatIsValid holds that a component with problems is not
// constructed.
func TestCheckedConstructsWhatIsValid(t *testing.T) {
	tests := []struct {
		name        string
		urn         resource.URN
		inputs      values
		constructed bool
	}{
		{"valid", toyURN, values{"name": property.New("x")}, true},
		{"invalid", toyURN, values{"nam": property.New("x")}, false},
		{"another type", otherURN, nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			constructed := false
			p := checked(provider.Provider{Construct: func(context.Context, provider.ConstructRequest) (provider.ConstructResponse, error) {
				constructed = true
				return provider.ConstructResponse{}, nil
			}}, toy())
			_, err := p.Construct(t.Context(), provider.ConstructRequest{Urn: test.urn, Inputs: property.NewMap(test.inputs)})
			if constructed != test.constructed || (err == nil) != test.constructed {
				t.Errorf("constructed: %t, %v; want %t", constructed, err, test.constructed)
			}
		})
	}
}
