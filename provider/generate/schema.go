package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/keys/reference"
	"github.com/vllm-eks/vllm-eks/internal/servingargs"
	"github.com/vllm-eks/vllm-eks/provider/plugin"
)

// module is the prefix of the tokens of components and types.
const module = plugin.Name + ":serving:"

// description completes an inferred schema.
type description struct {
	spec     schema.PackageSpec
	comments *reference.Comments
	done     map[string]bool // types, by token
}

var argsToken = regexp.MustCompile(regexp.QuoteMeta(module) + `(\w+)Args"`)

// withoutArgs returns a schema whose types have no suffix Args, because generators of SDKs
// add it.
func withoutArgs(spec schema.PackageSpec) (schema.PackageSpec, error) {
	text, err := json.Marshal(spec)
	if err != nil {
		return spec, err
	}
	var renamed schema.PackageSpec
	err = json.Unmarshal(argsToken.ReplaceAll(text, []byte(module+`$1"`)), &renamed)
	return renamed, err
}

// describe describes all components. Its error lists the keys that only the declarations or
// only the inferred schema have.
func (d *description) describe() error {
	service, err := servingargs.VLLMService(d.comments)
	if err != nil {
		return err
	}
	namespaces, err := servingargs.Namespaces(d.comments)
	if err != nil {
		return err
	}
	return errors.Join(d.service(service), d.namespaces(namespaces))
}

// service describes VLLMService.
func (d *description) service(args servingargs.Arguments) error {
	return d.component("VLLMService", func(r *schema.ResourceSpec) error {
		var err error
		r.RequiredInputs, err = d.properties("VLLMService", r.InputProperties, args, args.Mapping)
		return errors.Join(err, d.outputs("VLLMService", r.Properties, map[string]string{
			"name": "Name", "namespace": "Namespace", "port": "Port", "url": "URL", "servedModelName": "ServedModelName",
			"apiKeySecret": "APIKeySecret", "serviceAccountName": "ServiceAccountName",
		}))
	})
}

// namespaces describes Namespaces.
func (d *description) namespaces(args servingargs.Arguments) error {
	return d.component("Namespaces", func(r *schema.ResourceSpec) error {
		err := d.outputs("NamespacesArgs", r.InputProperties, map[string]string{"namespaces": "Namespaces"})
		list := r.InputProperties["namespaces"]
		plain(&list.TypeSpec)
		r.InputProperties["namespaces"], r.RequiredInputs = list, []string{"namespaces"}
		return errors.Join(err, d.nested("Namespace", args, args.Mapping))
	})
}

// component describes a component. The function rest describes its inputs and outputs.
func (d *description) component(name string, rest func(*schema.ResourceSpec) error) error {
	r, ok := d.spec.Resources[module+name]
	if !ok {
		return fmt.Errorf("%s: is not in the inferred schema", name)
	}
	text, err := d.comments.Type(owner(name))
	r.Description = oneLine(text)
	err = errors.Join(err, rest(&r))
	d.spec.Resources[module+name] = r
	return err
}

// owner returns the name of a struct of the components' package.
func owner(name string) keys.Owner {
	return keys.Owner{Package: "github.com/vllm-eks/vllm-eks/components/serving", Type: name}
}

// outputs describes properties by the fields of a struct.
func (d *description) outputs(name string, properties map[string]schema.PropertySpec, fields map[string]string) error {
	if want, got := slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(properties)); !slices.Equal(want, got) {
		return fmt.Errorf("%s: the properties are %q, want %q", name, got, want)
	}
	var errs []error
	for property, field := range fields {
		text, err := d.comments.Field(owner(name), field)
		errs = append(errs, err)
		p := properties[property]
		if rest, ok := strings.CutPrefix(oneLine(text), field+" "); ok {
			p.Description = "`" + property + "` " + rest
		}
		properties[property] = p
	}
	return errors.Join(errs...)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// nested describes the type of a mapping once.
func (d *description) nested(name string, args servingargs.Arguments, m *keys.Mapping) error {
	token := module + name
	if d.done[token] {
		return nil
	}
	d.done[token] = true
	t, ok := d.spec.Types[token]
	if !ok {
		return fmt.Errorf("%s: is not in the inferred schema", token)
	}
	text, err := d.comments.Type(keys.Owner{Package: m.Type.PkgPath(), Type: m.Type.Name()})
	t.Description = oneLine(text)
	required, wrong := d.properties(name, t.Properties, args, m)
	t.Required = required
	d.spec.Types[token] = t
	return errors.Join(err, wrong)
}

// properties describes the properties of a mapping, and returns the required ones.
func (d *description) properties(parent string, properties map[string]schema.PropertySpec, args servingargs.Arguments, m *keys.Mapping) (required []string, err error) {
	var errs []error
	var declared []string
	for _, k := range m.Arguments() {
		declared = append(declared, k.Name)
		p, ok := properties[k.Name]
		if !ok {
			errs = append(errs, fmt.Errorf("%s.%s: is not in the inferred schema", parent, k.Name))
			continue
		}
		doc := args.Docs[k]
		if p.Description, p.Secret = doc.String(), k.Secret; doc.Default == "required" {
			required = append(required, k.Name)
		}
		if !k.Input {
			plain(&p.TypeSpec)
		}
		if len(k.OneOf) > 0 && k.Kind == keys.String {
			p.TypeSpec = d.enum(k)
		}
		properties[k.Name] = p
		if k.Mapping != nil {
			errs = append(errs, d.nested(servingargs.TypeName(k), args, k.Mapping))
		}
	}
	for name := range properties {
		if !slices.Contains(declared, name) {
			errs = append(errs, fmt.Errorf("%s.%s: is not declared", parent, name))
		}
	}
	return required, errors.Join(errs...)
}

// plain marks a type, and the types in it, as plain: a value is known when the program runs,
// and is not an output.
func plain(t *schema.TypeSpec) {
	t.Plain = true
	if t.Items != nil {
		plain(t.Items)
	}
	if t.AdditionalProperties != nil {
		plain(t.AdditionalProperties)
	}
}

// enum adds the type of a string with the allowed values of a key.
func (d *description) enum(k *keys.Key) schema.TypeSpec {
	name := k.Owner.Type + k.Field
	if named := k.Named(); named.Package != "" {
		name = named.Type
	}
	t := schema.ComplexTypeSpec{ObjectTypeSpec: schema.ObjectTypeSpec{Type: "string", Description: "Values of `" + k.Path + "`."}}
	for _, value := range k.OneOf {
		t.Enum = append(t.Enum, schema.EnumValueSpec{Value: value})
	}
	d.spec.Types[module+name] = t
	return schema.TypeSpec{Ref: "#/types/" + module + name, Plain: true}
}
