package plugin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/vllm-eks/vllm-eks/internal/keys"
)

// checked returns a provider that checks the inputs of a component against the schema
// before it constructs the component. Its error joins all problems, each with the name of
// the component and the key in front.
func checked(p provider.Provider, spec schema.PackageSpec) provider.Provider {
	construct := p.Construct
	p.Construct = func(ctx context.Context, request provider.ConstructRequest) (provider.ConstructResponse, error) {
		inputs, err := check(spec, request.Urn, request.Inputs)
		if err != nil {
			return provider.ConstructResponse{}, err
		}
		request.Inputs = inputs
		return construct(ctx, request)
	}
	return p
}

// check returns the inputs of a component as its constructor accepts them: without keys that
// have no value, and with plain values instead of known outputs if the schema wants plain
// values.
func check(spec schema.PackageSpec, urn resource.URN, inputs property.Map) (property.Map, error) {
	component, ok := spec.Resources[string(urn.Type())]
	if !ok {
		return inputs, fmt.Errorf("%s: is of the type %s, which this provider does not have", urn.Name(), urn.Type())
	}
	c := &checking{types: spec.Types}
	checked := c.mapping(urn.Name(), inputs, component.InputProperties, origin{})
	return checked, errors.Join(c.problems...)
}

// checking holds the state of one check of a component's inputs.
type checking struct {
	types    map[string]schema.ComplexTypeSpec
	problems []error
}

func (c *checking) add(key, format string, values ...any) {
	c.problems = append(c.problems, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, values...)))
}

// origin holds the properties that a value inherits from the mapping or list around it.
type origin struct {
	secret       bool
	dependencies []resource.URN
}

// below returns the properties that the values in a value inherit.
func (o origin) below(v property.Value) origin {
	return origin{o.secret || v.Secret(), slices.Concat(o.dependencies, v.Dependencies())}
}

// mapping checks the keys of a mapping.
func (c *checking) mapping(path string, m property.Map, declared map[string]schema.PropertySpec, parent origin) property.Map {
	values := map[string]property.Value{}
	for name, v := range m.AllStable {
		p, ok := declared[name]
		switch {
		case v.IsNull():
		case ok:
			values[name] = c.value(below(path, name), v, p.TypeSpec, parent)
		default:
			c.add(below(path, name), "%s", unknown(name, slices.Sorted(maps.Keys(declared))))
		}
	}
	return property.NewMap(values)
}

// below returns the key of an entry of a mapping, as the decoder of stacks writes it.
func below(path, name string) string {
	if name == "" {
		return path + `[""]`
	}
	return path + "." + name
}

// unknown returns the message for a key that is not declared.
func unknown(name string, declared []string) string {
	if near := keys.Nearest(name, declared); near != "" {
		return fmt.Sprintf("is an unknown key; did you mean %s?", near)
	}
	return "is an unknown key; known ones are " + strings.Join(declared, ", ")
}

// value checks one value. A value that the schema wants plain must be known when the
// component is constructed. Pulumi stores it in clear, so it may not be a secret.
func (c *checking) value(path string, v property.Value, t schema.TypeSpec, parent origin) property.Value {
	inside := parent.below(v)
	want := c.want(t)
	switch {
	case v.IsMap() && want == mapping:
		return property.New(c.entries(path, v.AsMap(), t, inside))
	case v.IsArray() && want == list:
		return property.New(c.items(path, v.AsArray(), *t.Items, inside))
	case v.IsMap() && want == anyKind:
		return property.New(c.values(path, v.AsMap(), t, inside))
	case v.IsArray() && want == anyKind:
		return property.New(c.items(path, v.AsArray(), t, inside))
	case v.IsComputed() && (t.Plain || want == mapping):
		c.add(path, "is an output that is not known yet, want a value that is known when the program runs")
		return v
	case t.Plain && inside.secret:
		c.add(path, "is a secret, and would be stored unencrypted; want a value that is not secret")
		return v
	case !v.IsComputed() && !fits(v, want):
		c.add(path, "is %s, want %s", describe(v, inside.secret), want)
		return v
	case t.Plain:
		return v.WithDependencies(nil)
	}
	return v.WithSecret(inside.secret).WithDependencies(inside.dependencies)
}

// entries checks a mapping with declared keys, or with any keys and values of one type.
func (c *checking) entries(path string, m property.Map, t schema.TypeSpec, parent origin) property.Map {
	if t.AdditionalProperties == nil {
		return c.mapping(path, m, c.types[token(t)].Properties, parent)
	}
	return c.values(path, m, *t.AdditionalProperties, parent)
}

// values checks a mapping with any keys.
func (c *checking) values(path string, m property.Map, t schema.TypeSpec, parent origin) property.Map {
	values := map[string]property.Value{}
	for name, v := range m.AllStable {
		values[name] = c.value(below(path, name), v, t, parent)
	}
	return property.NewMap(values)
}

// items checks the items of a list.
func (c *checking) items(path string, a property.Array, t schema.TypeSpec, parent origin) property.Array {
	values := make([]property.Value, a.Len())
	for i, v := range a.All {
		values[i] = c.value(fmt.Sprintf("%s[%d]", path, i), v, t, parent)
	}
	return property.NewArray(values)
}

// kind is the kind of a value, in the words of messages.
type kind string

const (
	text    kind = "a string"
	number  kind = "a number"
	whole   kind = "a whole number"
	boolean kind = "true or false"
	list    kind = "a list"
	mapping kind = "a mapping"
	anyKind kind = "any value"
)

// want returns the kind of the values of a type.
func (c *checking) want(t schema.TypeSpec) kind {
	if t.Ref == anything {
		return anyKind
	}
	typ := t.Type
	if t.Ref != "" {
		typ = c.types[token(t)].Type
	}
	switch typ {
	case "string":
		return text
	case "number":
		return number
	case "integer":
		return whole
	case "boolean":
		return boolean
	case "array":
		return list
	}
	return mapping
}

// anything is the reference to the type of any value.
const anything = "pulumi.json#/Any"

// token returns the token of the type that a type refers to.
func token(t schema.TypeSpec) string { return strings.TrimPrefix(t.Ref, "#/types/") }

// fits reports whether a value is of a kind.
func fits(v property.Value, want kind) bool {
	switch want {
	case text:
		return v.IsString()
	case number:
		return v.IsNumber()
	case whole:
		return v.IsNumber() && v.AsNumber() == math.Trunc(v.AsNumber())
	case boolean:
		return v.IsBool()
	case anyKind:
		return true
	}
	return false
}

// describe returns a description of a value. It repeats neither strings nor secrets.
func describe(v property.Value, secret bool) string {
	switch {
	case secret:
		return "a secret of another kind"
	case v.IsString():
		return "a string"
	case v.IsNumber():
		return fmt.Sprintf("a number, %v", v.AsNumber())
	case v.IsBool():
		return fmt.Sprintf("a boolean, %t", v.AsBool())
	case v.IsArray():
		return "a list"
	case v.IsMap():
		return "a mapping"
	}
	return "another kind of value"
}
