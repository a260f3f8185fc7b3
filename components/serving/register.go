package serving

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/untyped"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

// object holds a registered Kubernetes object.
type object struct {
	pulumi.CustomResourceState

	Metadata pulumi.MapOutput `pulumi:"metadata"`
}

// name returns the name that the provider gave the object.
func (o *object) name() pulumi.StringOutput {
	return o.Metadata.ApplyT(func(metadata map[string]any) (string, error) {
		name, ok := metadata["name"].(string)
		if !ok {
			return "", fmt.Errorf("the provider did not say what the object is called")
		}
		return name, nil
	}).(pulumi.StringOutput)
}

// register registers an object as the same resource as Pulumi's typed packages.
func register(ctx *pulumi.Context, name string, o runtime.Object, inputs pulumi.Map, opts ...pulumi.ResourceOption) (*object, error) {
	registered := &object{}
	return registered, untyped.Register(ctx, typeToken(o), name, inputs, registered, opts...)
}

// childOptions returns the options of a component's children. The children wait for the
// resources that the component depends on; without these options, they would not.
func childOptions(component pulumi.Resource, opts []pulumi.ResourceOption) ([]pulumi.ResourceOption, error) {
	snapshot, err := pulumi.NewResourceOptions(opts...)
	if err != nil {
		return nil, err
	}
	options := []pulumi.ResourceOption{pulumi.Parent(component), pulumi.DependsOn(snapshot.DependsOn)}
	for _, list := range snapshot.DependsOnInputs {
		options = append(options, pulumi.DependsOnInputs(list))
	}
	return options, nil
}

// registerPlain registers an object that does not depend on other resources.
func registerPlain(ctx *pulumi.Context, name string, o runtime.Object, opts ...pulumi.ResourceOption) (*object, error) {
	tree, err := manifest.Tree(o)
	if err != nil {
		return nil, err
	}
	return register(ctx, name, o, untyped.Map(tree), opts...)
}

// typeToken returns the type of an object's resource, such as
// kubernetes:apps/v1:Deployment.
func typeToken(o runtime.Object) string {
	apiVersion, kind := o.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	if !strings.Contains(apiVersion, "/") {
		apiVersion = "core/" + apiVersion
	}
	return fmt.Sprintf("kubernetes:%s:%s", apiVersion, kind)
}

// registerObjects registers every object but the Secrets. The Deployment waits for the
// objects that it refers to. The objects that refer to the Deployment wait for it, so
// that Pulumi deletes them first. registerObjects returns the Services, which are ready
// when the replicas are.
func (s *service) registerObjects(p *plan, opts []pulumi.ResourceOption) (services []pulumi.Resource, err error) {
	spec := s.complete(nil)
	var before []pulumi.Resource
	created := map[string]pulumi.Resource{}
	for i, o := range p.objects {
		if i < len(s.secrets) {
			continue
		}
		kind := o.GetObjectKind().GroupVersionKind().Kind
		options, resourceName := slices.Clone(opts), s.name+o.Suffix
		switch kind {
		case "Deployment":
			options = append(options, pulumi.DependsOn(before), pulumi.Timeouts(&pulumi.CustomTimeouts{
				Create: spec.RolloutTimeout(), Update: spec.RolloutTimeout(), Delete: spec.RemovalTimeout(),
			}))
		case "Service":
			// An address that moves from another model moves when the replicas are ready.
			var aliases pulumi.ResourceOption
			resourceName, aliases = s.address(o)
			options = append(options, aliases, pulumi.DependsOn([]pulumi.Resource{created["Deployment"]}))
		case "ScaledObject", "HorizontalPodAutoscaler":
			options = append(options, pulumi.DependsOn([]pulumi.Resource{created["Deployment"]}))
		case "Ingress":
			options = append(options, pulumi.DependsOn([]pulumi.Resource{created["Service"]}))
		}
		registered, err := register(s.ctx, resourceName, o.Object, p.inputs(i), options...)
		if err != nil {
			return nil, err
		}
		if kind == "Service" {
			services = append(services, registered)
		}
		if created["Deployment"] == nil {
			before = append(before, registered)
		}
		if created[kind] == nil {
			created[kind] = registered
		}
	}
	return services, nil
}

// address returns the name of a Service's resource, and the names that it may have in
// an older state. The name of a resource must be known, so the name is that of the
// component if another resource produces the namespace.
func (s *service) address(o manifest.Object) (string, pulumi.ResourceOption) {
	aliases := []pulumi.Alias{{Name: pulumi.String(s.name + o.Suffix)}}
	for _, alias := range s.complete(nil).AllNames() {
		if alias != s.name {
			aliases = append(aliases, pulumi.Alias{Name: pulumi.String(alias + o.Suffix)})
		}
	}
	unplaced := "@" + s.name + o.Suffix
	service := o.Object.(metav1.Object)
	i := slices.IndexFunc(s.sources, func(input source) bool { return input.key == "namespace" })
	if i < 0 {
		aliases = append(aliases, pulumi.Alias{Name: pulumi.String(unplaced)})
		return manifest.AddressName(service.GetName(), service.GetNamespace()), pulumi.Aliases(aliases)
	}
	placed := s.derived(s.sources[i], unplaced, func(namespace any) string {
		return manifest.AddressName(service.GetName(), fmt.Sprint(namespace))
	})
	return unplaced, pulumi.Aliases(append(aliases, pulumi.Alias{Name: placed}))
}

// derived returns a string that derives from the value of a source. Pulumi requires
// known aliases in a preview too: while the value is unknown or wrong, the string is
// otherwise.
func (s *service) derived(input source, otherwise string, derive func(any) string) pulumi.StringOutput {
	output, resolve, _ := s.ctx.NewOutput()
	go func() {
		result, err := internals.UnsafeAwaitOutput(s.ctx.Context(), input.value)
		value, problem := input.resolved(result.Value)
		if err != nil || problem != nil || !result.Known {
			resolve(otherwise)
			return
		}
		resolve(derive(value))
	}()
	return output.ApplyT(func(text any) string { return fmt.Sprint(text) }).(pulumi.StringOutput)
}

// setOutputs sets the outputs of the component.
func (s *VLLMService) setOutputs(p *plan) {
	properties := p.inputs(len(p.samples) - 1)
	for name, output := range map[string]*pulumi.StringOutput{
		"name": &s.Name, "namespace": &s.Namespace, "url": &s.URL, "servedModelName": &s.ServedModelName,
		"apiKeySecret": &s.APIKeySecret, "serviceAccountName": &s.ServiceAccountName,
	} {
		*output = pulumi.ToOutput(properties[name]).ApplyT(func(value any) string { return fmt.Sprint(value) }).(pulumi.StringOutput)
	}
	s.Port = pulumi.Int(servingspec.Port).ToIntOutput()
}

// properties returns the outputs of the component by their names in every language.
func (s *VLLMService) properties() pulumi.Map {
	return pulumi.Map{
		"name": s.Name, "namespace": s.Namespace, "port": s.Port, "url": s.URL, "servedModelName": s.ServedModelName,
		"apiKeySecret": s.APIKeySecret, "serviceAccountName": s.ServiceAccountName,
	}
}
