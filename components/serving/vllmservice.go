// Package serving registers models and their namespaces. VLLMService serves one model
// behind one address. The package works on any Kubernetes cluster and in any Pulumi
// program.
package serving

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

//go:generate go run ./generate

const serviceToken = "vllm-eks:serving:VLLMService"

// SpecArgs holds the inputs of NewVLLMServiceFromSpec.
type SpecArgs struct {
	// Spec is the spec of the service. Required.
	Spec servingspec.Spec
	// HuggingFaceToken is the token for gated models. It is ignored if Spec names a
	// Secret for the token. Pulumi keeps it as a secret. Default: none.
	HuggingFaceToken pulumi.StringPtrInput
	// APIKey is the key that clients must send. It is ignored if Spec names a Secret for
	// the key. Pulumi keeps it as a secret. Default: none, so that vLLM answers every
	// request.
	APIKey pulumi.StringPtrInput
	// DependsOn lists the resources that must exist before the first object, in addition
	// to those of the option DependsOn. Default: none.
	DependsOn []pulumi.Resource
}

// VLLMService is one model behind one address inside the cluster.
type VLLMService struct {
	pulumi.ResourceState

	// Name is the name of the Service.
	Name pulumi.StringOutput `pulumi:"name"`
	// Namespace is the namespace of all objects.
	Namespace pulumi.StringOutput `pulumi:"namespace"`
	// Port is the port of the Service.
	Port pulumi.IntOutput `pulumi:"port"`
	// URL is the address inside the cluster, without the path /v1.
	URL pulumi.StringOutput `pulumi:"url"`
	// ServedModelName is the first name that clients send as the model.
	ServedModelName pulumi.StringOutput `pulumi:"servedModelName"`
	// APIKeySecret is the name of the Secret with the key that clients must send, under
	// api-key or the key that the arguments name. It is empty where every request is
	// answered.
	APIKeySecret pulumi.StringOutput `pulumi:"apiKeySecret"`
	// ServiceAccountName is the identity of the pods, to which an AWS role can be given.
	ServiceAccountName pulumi.StringOutput `pulumi:"serviceAccountName"`

	ready []pulumi.Resource
	valid []pulumi.ResourceArrayOutput
}

// Valid returns outputs that fail if inputs that other resources produce have invalid
// values. Objects wait for these outputs. A plug-in awaits them, to report only the
// problems.
func (s *VLLMService) Valid() []pulumi.ResourceArrayOutput {
	if s == nil {
		return nil
	}
	return s.valid
}

// Ready returns the resources that clients of the service wait for: the Services, which
// wait for the replicas.
func (s *VLLMService) Ready() []pulumi.Resource {
	if s == nil {
		return nil
	}
	return s.ready
}

// NewVLLMService registers one model's service: pods of vLLM behind a Service. Its error
// joins all problems of the arguments, each with name and the key in front. It validates
// the arguments before it registers anything. It validates inputs that other resources
// produce when their values are known, before it creates an object. The objects wait for
// the resources of the option DependsOn. The name must stay the same when the service
// gets another name.
func NewVLLMService(ctx *pulumi.Context, name string, args VLLMServiceArgs, opts ...pulumi.ResourceOption) (*VLLMService, error) {
	converter := &inputs{}
	args.spec(converter, "")
	s := &service{
		ctx: ctx, name: name, sources: converter.sources, problems: converter.problems,
		spec: func(converter *inputs) servingspec.Spec { return args.spec(converter, "") },
	}
	s.keepArgument(huggingFaceToken(), args.HuggingFaceToken)
	s.keepArgument(apiKey(), args.APIKey)
	return s.register(opts)
}

// NewVLLMServiceFromSpec registers a service like NewVLLMService, for Go programs that
// have a spec, such as one decoded from a stack's file.
func NewVLLMServiceFromSpec(ctx *pulumi.Context, name string, args SpecArgs, opts ...pulumi.ResourceOption) (*VLLMService, error) {
	s := &service{ctx: ctx, name: name, dependsOn: args.DependsOn, spec: func(*inputs) servingspec.Spec { return args.Spec }}
	if args.Spec.Access.HuggingFaceToken.Name == "" {
		s.keep(huggingFaceToken(), args.HuggingFaceToken)
	}
	if args.Spec.Access.APIKey.Name == "" {
		s.keep(apiKey(), args.APIKey)
	}
	return s.register(opts)
}

// Outputs returns the outputs that a stack exports for the clients of the service.
func (s *VLLMService) Outputs() pulumi.Map {
	if s == nil {
		return nil
	}
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
