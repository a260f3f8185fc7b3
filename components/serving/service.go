package serving

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/fieldmanager"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

// service is a service that is registered.
type service struct {
	ctx  *pulumi.Context
	name string
	// spec returns the spec for the values of inputs, without defaults.
	spec func(*inputs) servingspec.Spec
	// sources are the inputs of users that other resources produce.
	sources   []source
	secrets   []*secret
	problems  field.ErrorList
	dependsOn []pulumi.Resource
}

// complete returns the spec with its defaults. Inputs that are not among the values
// have samples.
func (s *service) complete(values map[string]any) servingspec.Spec {
	in := &inputs{values: values}
	spec := s.spec(in)
	for i, kept := range s.secrets {
		ref := kept.ref(&spec)
		name, ok := values[kept.nameKey()].(string)
		if !ok {
			name = sample(kept.nameKey(), len(s.sources)+i+1, 0)
		}
		*ref = servingspec.SecretRef{Name: name, Key: cmp.Or(ref.Key, kept.key)}
	}
	return spec.WithDefaults()
}

// validate returns every problem of the arguments that shows without the values of
// sources.
func (s *service) validate(spec servingspec.Spec) error {
	root := field.NewPath(s.name)
	found := slices.Clone(s.problems)
	for _, problem := range found {
		problem.Field = root.Child(problem.Field).String()
	}
	found = append(found, manifest.Validate(spec, root)...)
	return problems.Err(slices.DeleteFunc(found, func(e *field.Error) bool {
		return slices.ContainsFunc(s.sources, func(from source) bool { return problems.Within(e.Field, root.Child(from.key).String()) })
	}))
}

// register registers the service and its objects.
func (s *service) register(opts []pulumi.ResourceOption) (*VLLMService, error) {
	spec := s.complete(nil)
	if err := s.validate(spec); err != nil {
		return nil, err
	}
	p, err := s.plan()
	if err != nil {
		return nil, err
	}
	component := &VLLMService{}
	if err := s.ctx.RegisterComponentResource(serviceToken, s.name, component, slices.Concat(opts, previously(s.name, spec))...); err != nil {
		return nil, err
	}
	children, err := childOptions(component, opts)
	if err != nil {
		return nil, err
	}
	children = append(children, pulumi.DependsOn(s.dependsOn))
	warned, err := s.warn(component)
	if err != nil {
		return nil, err
	}
	if len(s.sources) > 0 {
		component.valid = append(component.valid, s.valid(component, p, warned))
	}
	for _, kept := range s.secrets {
		component.valid = append(component.valid, kept.given(s.name))
	}
	for _, valid := range component.valid {
		children = append(children, pulumi.DependsOnInputs(valid))
	}
	if err := s.registerSecrets(p, children); err != nil {
		return nil, err
	}
	if component.ready, err = s.registerObjects(p, children); err != nil {
		return nil, err
	}
	component.setOutputs(p)
	return component, s.ctx.RegisterResourceOutputs(component, component.properties())
}

// warn logs the warnings that do not depend on sources, and returns them.
func (s *service) warn(component *VLLMService) ([]string, error) {
	warnings := s.complete(nil).Warnings()
	for i, from := range s.sources {
		other := s.complete(map[string]any{from.key: from.variant(i + 1)}).Warnings()
		warnings = slices.DeleteFunc(warnings, func(text string) bool { return !slices.Contains(other, text) })
	}
	return warnings, s.log(component, warnings)
}

func (s *service) log(component *VLLMService, warnings []string) error {
	var errs []error
	for _, warning := range warnings {
		errs = append(errs, s.ctx.Log.Warn(warning, &pulumi.LogArgs{Resource: component}))
	}
	return errors.Join(errs...)
}

// valid returns an output without resources, for the option DependsOnInputs: what
// depends on it is registered when the values of all sources are known and valid. In a
// preview it is registered as well while they are unknown.
func (s *service) valid(component *VLLMService, p *plan, warned []string) pulumi.ResourceArrayOutput {
	var values []any
	for _, from := range s.sources {
		values = append(values, from.value)
	}
	return pulumi.All(values...).ApplyT(func(resolved []any) ([]pulumi.Resource, error) {
		values, found := s.resolve(resolved)
		if len(found) > 0 {
			return nil, problems.Err(found)
		}
		spec := s.complete(values)
		if found := manifest.Validate(spec, field.NewPath(s.name)); len(found) > 0 {
			for _, problem := range found {
				problem.Detail = s.hide(problem.Detail, values)
			}
			return nil, problems.Err(found)
		}
		if err := p.check(values); err != nil {
			return nil, err
		}
		var warnings []string
		for _, text := range spec.Warnings() {
			if !slices.Contains(warned, text) {
				warnings = append(warnings, s.hide(text, values))
			}
		}
		return nil, s.log(component, warnings)
	}).(pulumi.ResourceArrayOutput)
}

// resolve returns the values of the sources of users by key, and a problem for each
// that has none.
func (s *service) resolve(resolved []any) (values map[string]any, found field.ErrorList) {
	values = map[string]any{}
	for i, from := range s.sources {
		value, problem := from.resolved(resolved[i])
		if values[from.key] = value; problem != nil {
			problem.Field = field.NewPath(s.name).Child(problem.Field).String()
			found = append(found, problem)
		}
	}
	return values, found
}

// hide returns a message without the values of sources that are secret.
func (s *service) hide(message string, values map[string]any) string {
	for _, from := range s.sources {
		if !pulumi.IsSecret(from.value) { // it is resolved, so that this does not wait
			continue
		}
		texts, _ := values[from.key].([]string)
		if text, ok := values[from.key].(string); ok {
			texts = []string{text}
		}
		for _, text := range texts {
			message = strings.ReplaceAll(message, text, "[secret]")
		}
	}
	return message
}

// previously returns the names that the service may have in an older state, where it
// was called after its latest name. Its children are called after it, so that they
// follow.
func previously(name string, s servingspec.Spec) []pulumi.ResourceOption {
	var aliases []pulumi.Alias
	for _, other := range s.AllNames() {
		if other != name {
			aliases = append(aliases, pulumi.Alias{Name: pulumi.String(other)})
		}
	}
	return []pulumi.ResourceOption{pulumi.Aliases(aliases)}
}

// manager returns the owner of the fields of all objects.
func (s *service) manager() string { return fieldmanager.Name(s.ctx.Project(), s.ctx.Stack()) }
