// Package serving runs models: the namespaces they live in, and VLLMService,
// which is one model behind one address. It works on any Kubernetes cluster and
// from any Pulumi program.
package serving

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/fieldmanager"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

const serviceToken = "vllm-eks:serving:VLLMService"

// VLLMServiceArgs are the inputs of NewVLLMService.
type VLLMServiceArgs struct {
	// Spec decides the shape.
	Spec servingspec.Spec
	// HuggingFaceToken reads gated models, unless Spec names a Secret for it. It
	// is kept as a secret. Default: none.
	HuggingFaceToken pulumi.StringPtrInput
	// APIKey is what clients must send, unless Spec names a Secret for it. It is
	// kept as a secret. One key, because vLLM reads one from its environment;
	// several would be arguments, which every process on the node can see.
	// Default: none, so that everything that reaches the Service is answered.
	APIKey pulumi.StringPtrInput
	// DependsOn must exist before the first object, such as the namespace: what
	// a component itself depends on does not hold its children back.
	DependsOn []pulumi.Resource
}

// VLLMService is one model behind one address inside the cluster.
type VLLMService struct {
	pulumi.ResourceState

	// Name is the name of the Service and the Deployment.
	Name pulumi.StringOutput
	// Namespace is where they are.
	Namespace pulumi.StringOutput
	// Port is the port of the Service.
	Port pulumi.IntOutput
	// URL is the address inside the cluster, without the path /v1.
	URL pulumi.StringOutput
	// ServedModelName is what clients ask for as the model.
	ServedModelName pulumi.StringOutput
	// APIKeySecret is the name of the Secret with the key that clients must send,
	// under api-key or what Spec says; "" if none is needed.
	APIKeySecret pulumi.StringOutput
	// ServiceAccountName is the identity of the engines, to which a role can be
	// given.
	ServiceAccountName pulumi.StringOutput

	ready []pulumi.Resource
}

// Ready returns what others wait for that send requests: the Services, which wait for
// the replicas.
func (s *VLLMService) Ready() []pulumi.Resource { return s.ready }

// NewVLLMService registers one model's serving stack: engine pods behind a
// Service. Errors name the field of the spec that is wrong, under name, which has
// to stay when the service is renamed: Spec.ResourceName does.
func NewVLLMService(ctx *pulumi.Context, name string, args VLLMServiceArgs, opts ...pulumi.ResourceOption) (*VLLMService, error) {
	spec := args.Spec.WithDefaults()
	if err := args.validate(spec, name); err != nil {
		return nil, err
	}
	s := &VLLMService{}
	if err := ctx.RegisterComponentResource(serviceToken, name, s, slices.Concat(opts, previously(name, spec))...); err != nil {
		return nil, err
	}
	children := []pulumi.ResourceOption{pulumi.Parent(s), pulumi.DependsOn(args.DependsOn)}
	made, err := registerSecrets(ctx, name, &spec, args, children)
	if err != nil {
		return nil, err
	}
	if s.ready, err = registerObjects(ctx, name, spec, made, children); err != nil {
		return nil, err
	}
	for _, warning := range spec.Warnings() {
		if err := ctx.Log.Warn(warning, &pulumi.LogArgs{Resource: s}); err != nil {
			return nil, err
		}
	}
	s.setOutputs(spec, made)
	return s, ctx.RegisterResourceOutputs(s, s.Outputs())
}

// validate returns every problem of the spec and of what is given beside it.
func (args VLLMServiceArgs) validate(spec servingspec.Spec, path string) error {
	spec.Access.Guarded = spec.Access.Guarded || args.APIKey != nil
	return problems.Err(manifest.Validate(spec, field.NewPath(path)))
}

// previously tells the engine what the service may be called in an older state,
// where it was called after its latest name. Its children are called after it, so
// that they follow.
func previously(name string, s servingspec.Spec) []pulumi.ResourceOption {
	var aliases []pulumi.Alias
	for _, other := range s.AllNames() {
		if other != name {
			aliases = append(aliases, pulumi.Alias{Name: pulumi.String(other)})
		}
	}
	return []pulumi.ResourceOption{pulumi.Aliases(aliases)}
}

// addressAliases are what a Service may be called in an older state.
func addressAliases(name, suffix string, s servingspec.Spec) pulumi.ResourceOption {
	aliases := []pulumi.Alias{{Name: pulumi.String(name + suffix)}}
	for _, other := range s.AllNames() {
		if other != name {
			aliases = append(aliases, pulumi.Alias{Name: pulumi.String(other + suffix)})
		}
	}
	return pulumi.Aliases(aliases)
}

// registerSecrets registers the Secrets whose values are arguments, and has the
// spec refer to them. Their names are known to the provider alone: it returns
// them by the names in the spec.
func registerSecrets(ctx *pulumi.Context, name string, spec *servingspec.Spec, args VLLMServiceArgs, opts []pulumi.ResourceOption) (map[string]pulumi.StringOutput, error) {
	names := map[string]pulumi.StringOutput{}
	manager := fieldmanager.Name(ctx.Project(), ctx.Stack())
	for _, given := range []struct {
		suffix, key string
		value       pulumi.StringPtrInput
		ref         *servingspec.SecretRef
	}{
		{"-huggingface", servingspec.TokenKey, args.HuggingFaceToken, &spec.Access.HuggingFaceToken},
		{"-api-key", servingspec.APIKeyKey, args.APIKey, &spec.Access.APIKey},
	} {
		if given.value == nil || given.ref.Name != "" {
			continue
		}
		kept := slices.Concat(opts, []pulumi.ResourceOption{pulumi.AdditionalSecretOutputs([]string{"data", "stringData"})})
		made, err := register(ctx, name+given.suffix, manifest.Secret(*spec, manager), func(fields pulumi.Map) {
			fields["stringData"] = pulumi.ToSecret(pulumi.StringMap{given.key: secretText(spec.Name, given.key, given.value)})
		}, kept...)
		if err != nil {
			return nil, err
		}
		*given.ref = servingspec.SecretRef{Name: name + given.suffix, Key: given.key}
		names[given.ref.Name] = made.name()
	}
	return names, nil
}

// registerObjects registers everything else. The engines wait for what they
// refer to, and what refers to them for the engines, so that it goes first when
// they are removed. It returns the Services.
func registerObjects(ctx *pulumi.Context, name string, spec servingspec.Spec, secrets map[string]pulumi.StringOutput, opts []pulumi.ResourceOption) ([]pulumi.Resource, error) {
	var before, services []pulumi.Resource
	made := map[string]pulumi.Resource{}
	for _, o := range manifest.Objects(spec, fieldmanager.Name(ctx.Project(), ctx.Stack())) {
		kind := o.GetObjectKind().GroupVersionKind().Kind
		options, resourceName := slices.Clone(opts), name+o.Suffix
		var adapt func(pulumi.Map)
		switch kind {
		case "Deployment":
			adapt = func(fields pulumi.Map) { secretNames(fields, secrets) }
			options = append(options, pulumi.DependsOn(before), pulumi.Timeouts(&pulumi.CustomTimeouts{
				Create: spec.RolloutTimeout(), Update: spec.RolloutTimeout(), Delete: spec.RemovalTimeout(),
			}))
		case "ServiceMonitor":
			adapt = func(fields pulumi.Map) { scrapeSecretName(fields, secrets) }
		case "Service":
			// An address that another model had moves when the replicas are ready.
			service := o.Object.(metav1.Object)
			resourceName = manifest.AddressName(service.GetName(), service.GetNamespace())
			options = append(options, addressAliases(name, o.Suffix, spec), pulumi.DependsOn([]pulumi.Resource{made["Deployment"]}))
		case "ScaledObject", "HorizontalPodAutoscaler":
			options = append(options, pulumi.DependsOn([]pulumi.Resource{made["Deployment"]}))
		case "Ingress":
			options = append(options, pulumi.DependsOn([]pulumi.Resource{made["Service"]}))
		}
		registered, err := register(ctx, resourceName, o.Object, adapt, options...)
		if err != nil {
			return nil, err
		}
		if kind == "Service" {
			services = append(services, registered)
		}
		if made["Deployment"] == nil {
			before = append(before, registered)
		}
		if made[kind] == nil {
			made[kind] = registered
		}
	}
	return services, nil
}

func (s *VLLMService) setOutputs(spec servingspec.Spec, secrets map[string]pulumi.StringOutput) {
	s.Name = pulumi.String(spec.Name).ToStringOutput()
	s.Namespace = pulumi.String(spec.Namespace).ToStringOutput()
	s.Port = pulumi.Int(servingspec.Port).ToIntOutput()
	s.URL = pulumi.String(fmt.Sprintf("http://%s.%s.svc.cluster.local:%d", spec.Name, spec.Namespace, servingspec.Port)).ToStringOutput()
	s.ServedModelName = pulumi.String(spec.Model.ServedName).ToStringOutput()
	s.ServiceAccountName = pulumi.String(spec.ServiceAccount()).ToStringOutput()
	s.APIKeySecret = pulumi.String(spec.Access.APIKey.Name).ToStringOutput()
	if name, ok := secrets[spec.Access.APIKey.Name]; ok {
		s.APIKeySecret = name
	}
}

// Outputs are what a client needs to know, as a stack exports it.
func (s *VLLMService) Outputs() pulumi.Map {
	return pulumi.Map{
		"namespace":       s.Namespace,
		"service":         s.Name,
		"port":            s.Port,
		"url":             s.URL,
		"servedModelName": s.ServedModelName,
		"apiKeySecret":    s.APIKeySecret,
		"serviceAccount":  s.ServiceAccountName,
	}
}
