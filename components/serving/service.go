package serving

import (
	"cmp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

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

// register registers the service and its objects.
func (s *service) register(opts []pulumi.ResourceOption) (*VLLMService, error) {
	spec := s.complete(nil)
	if err := problems.Err(s.validate(nil)); err != nil {
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
	warned := s.warnings(nil)
	if err := s.log(component, warned); err != nil {
		return nil, err
	}
	if len(s.sources) > 0 {
		component.valid = append(component.valid, s.valid(component, p, warned))
		children = append(children, pulumi.DependsOnInputs(s.producers()))
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
