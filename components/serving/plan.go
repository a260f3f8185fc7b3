package serving

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/trees"
	"github.com/vllm-eks/vllm-eks/internal/untyped"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

// plan holds the trees of a service, built for samples: its Secrets, its objects and
// its outputs. It also holds the values of the trees that depend on sources.
type plan struct {
	service *service
	objects []manifest.Object
	samples []any
	found   [][]dependent
	built   map[string]pulumi.AnyOutput
}

// plan returns the plan of the service.
func (s *service) plan() (*plan, error) {
	p := &plan{service: s, built: map[string]pulumi.AnyOutput{}}
	var err error
	if p.objects, p.samples, err = s.build(nil); err != nil {
		return nil, err
	}
	var variants [][]any
	for number, input := range s.numbered() {
		_, trees, err := s.build(map[string]any{input.key: input.variant(number + 1)})
		if err != nil {
			return nil, err
		}
		variants = append(variants, trees)
	}
	p.found, err = dependents(p.samples, variants)
	return p, err
}

// numbered returns the sources of users and the names of Secrets, in the order of the
// numbers of their samples.
func (s *service) numbered() []source {
	sources := slices.Clone(s.sources)
	for _, kept := range s.secrets {
		sources = append(sources, source{kept.nameKey(), kept.name})
	}
	return sources
}

// build returns the objects of the service, Secrets first, and their trees. The last
// tree holds the outputs.
func (s *service) build(values map[string]any) (objects []manifest.Object, built []any, err error) {
	spec := s.complete(values)
	for _, kept := range s.secrets {
		objects = append(objects, manifest.Object{Suffix: kept.suffix, Object: manifest.Secret(spec, s.manager())})
	}
	objects = append(objects, manifest.Objects(spec, s.manager())...)
	for _, o := range objects {
		tree, err := manifest.Tree(o.Object)
		if err != nil {
			return nil, nil, err
		}
		built = append(built, tree)
	}
	return objects, append(built, outputs(spec)), nil
}

// outputs returns the outputs of a service by the names of their properties.
func outputs(spec servingspec.Spec) any {
	return map[string]any{
		"name":               spec.Name,
		"namespace":          spec.Namespace,
		"url":                fmt.Sprintf("http://%s.%s.svc.cluster.local:%d", spec.Name, spec.Namespace, servingspec.Port),
		"servedModelName":    spec.Model.ServedName(),
		"apiKeySecret":       spec.Access.APIKey.Name,
		"serviceAccountName": spec.ServiceAccount(),
	}
}

// check returns an error if the values of sources change a value that does not depend
// on them.
func (p *plan) check(values map[string]any) error {
	_, built, err := p.service.build(values)
	if err != nil {
		return err
	}
	if path := unforeseen(p.samples, built, p.found); path != "" {
		return fmt.Errorf("%s: %s depends on an input in an unforeseen way; pass plain values, and report this as a defect of vllm-eks", p.service.name, path)
	}
	return nil
}

// inputs returns the tree at an index as the inputs of a resource. A value that depends
// on sources becomes an output of these sources only: in a preview, only the values that
// depend on an unknown source are unknown.
func (p *plan) inputs(index int) pulumi.Map {
	inputs := untyped.Map(p.samples[index].(map[string]any))
	for _, d := range p.found[index] {
		value := p.trees(d.sources).ApplyT(func(built any) (any, error) {
			value, ok := trees.Value(built.([]any)[index], d.path)
			if !ok {
				return nil, fmt.Errorf("%s: %s is missing", p.service.name, d.path)
			}
			return plain(value), nil
		})
		place(inputs, d.path, value)
	}
	return inputs
}

// trees returns the trees for the values of some sources, and samples of the other
// sources.
func (p *plan) trees(indices []int) pulumi.AnyOutput {
	id := fmt.Sprint(indices)
	if built, ok := p.built[id]; ok {
		return built
	}
	sources := p.service.numbered()
	var values []any
	for _, i := range indices {
		values = append(values, sources[i].value)
	}
	built := pulumi.All(values...).ApplyT(func(resolved []any) (any, error) {
		values := map[string]any{}
		for i, value := range resolved {
			input := sources[indices[i]]
			value, problem := input.resolved(value)
			if problem != nil {
				return nil, fmt.Errorf("%s.%s: %s", p.service.name, problem.Field, problem.Detail)
			}
			values[input.key] = value
		}
		_, built, err := p.service.build(values)
		return any(built), err
	}).(pulumi.AnyOutput)
	p.built[id] = built
	return built
}

// place sets the input at a path.
func place(inputs pulumi.Input, path trees.Path, value pulumi.Input) {
	step, rest := path[0], path[1:]
	switch inputs := inputs.(type) {
	case pulumi.Map:
		if key := step.(string); len(rest) == 0 {
			inputs[key] = value
		} else {
			place(inputs[key], rest, value)
		}
	case pulumi.Array:
		if index := step.(int); len(rest) == 0 {
			inputs[index] = value
		} else {
			place(inputs[index], rest, value)
		}
	}
}

// plain returns a value of a tree with Go's numbers, and with no nil values in mappings.
func plain(value any) any {
	switch v := value.(type) {
	case map[string]any:
		m := map[string]any{}
		for key, inner := range v {
			if inner != nil {
				m[key] = plain(inner)
			}
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, inner := range v {
			list[i] = plain(inner)
		}
		return list
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
		f, _ := v.Float64()
		return f
	}
	return value
}
