// Package serving runs models: the namespaces of models, and VLLMService, which is
// one model behind one address. It works on any Kubernetes cluster and from any Pulumi
// program.
package serving

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

//go:generate go run ./generate

const serviceToken = "vllm-eks:serving:VLLMService"

// SpecArgs are the inputs of NewVLLMServiceFromSpec.
type SpecArgs struct {
	// Spec decides the shape.
	Spec servingspec.Spec
	// HuggingFaceToken is the token for gated models, unless Spec names a Secret for
	// it. It is kept as a secret. Default: none.
	HuggingFaceToken pulumi.StringPtrInput
	// APIKey is the key that clients must send, unless Spec names a Secret for it. It is
	// kept as a secret. Default: none, so that every request is answered.
	APIKey pulumi.StringPtrInput
	// DependsOn must exist before the first object, beside the resources of the option
	// of that name.
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

// Valid returns outputs that fail with the problems of inputs which other resources
// produce, once their values are known. Objects wait for them. A plug-in awaits them to
// report the problems alone.
func (s *VLLMService) Valid() []pulumi.ResourceArrayOutput {
	if s == nil {
		return nil
	}
	return s.valid
}

// Ready returns what others wait for that send requests: the Services, which wait for
// the replicas.
func (s *VLLMService) Ready() []pulumi.Resource {
	if s == nil {
		return nil
	}
	return s.ready
}

// NewVLLMService registers one model's service: pods of vLLM behind a Service. All
// problems of its arguments are one error, each with name and the key in front. They
// are found before anything is registered, except those of inputs that other resources
// produce: these are found as soon as the values are known, before an object is
// created. The objects wait for the resources of the option DependsOn. The name has to
// stay when the service gets another name.
func NewVLLMService(ctx *pulumi.Context, name string, args VLLMServiceArgs, opts ...pulumi.ResourceOption) (*VLLMService, error) {
	in := &inputs{}
	args.spec(in, "")
	s := &service{
		ctx: ctx, name: name, sources: in.sources, problems: in.problems,
		spec: func(in *inputs) servingspec.Spec { return args.spec(in, "") },
	}
	s.keepArgument(huggingFaceToken(), args.HuggingFaceToken)
	s.keepArgument(apiKey(), args.APIKey)
	return s.register(opts)
}

// NewVLLMServiceFromSpec is NewVLLMService for Go programs that have a spec, such as
// one that is decoded from a stack's file.
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

// Outputs are what a client needs to know, as a stack exports it.
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
