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

// service registers a model's service.
type service struct {
	ctx  *pulumi.Context
	name string
	// spec returns the spec for the values of inputs, without defaults.
	spec func(*inputs) servingspec.Spec
	// sources lists the inputs of the user that other resources produce.
	sources   []source
	secrets   []*secret
	problems  field.ErrorList
	dependsOn []pulumi.Resource
}

// complete returns the spec with its defaults. Inputs without an entry in values have
// samples.
func (s *service) complete(values map[string]any) servingspec.Spec {
	converter := &inputs{values: values}
	spec := s.spec(converter)
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
		component.valid = append(component.valid, kept.checked(s.name))
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

// previously returns the names of the component in an older state, which followed the
// latest name of the service. The names of the children derive from the component's
// name, so the children keep their state too.
func previously(name string, s servingspec.Spec) []pulumi.ResourceOption {
	var aliases []pulumi.Alias
	for _, alias := range s.AllNames() {
		if alias != name {
			aliases = append(aliases, pulumi.Alias{Name: pulumi.String(alias)})
		}
	}
	return []pulumi.ResourceOption{pulumi.Aliases(aliases)}
}

// manager returns the field manager of all objects.
func (s *service) manager() string { return fieldmanager.Name(s.ctx.Project(), s.ctx.Stack()) }
