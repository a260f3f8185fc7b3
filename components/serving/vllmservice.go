package serving

import (
	"fmt"
	"slices"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const serviceToken = "vllm-eks:serving:VLLMService"

// VLLMServiceArgs are the inputs of NewVLLMService.
type VLLMServiceArgs struct {
	// Spec decides the shape.
	Spec Spec
	// HuggingFaceToken reads gated models, unless Spec names a Secret for it. It
	// is kept as a secret. Default: none.
	HuggingFaceToken pulumi.StringPtrInput
	// APIKey is what clients must send. It is kept as a secret. One key, because
	// vLLM reads one from its environment; several would be arguments, which
	// every process on the node can see. Default: none, so that everything that
	// reaches the Service is answered.
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
	// APIKeySecret is the name of the Secret whose key api-key clients must
	// send, or "" if none is needed.
	APIKeySecret pulumi.StringOutput
}

// NewVLLMService registers one model's serving stack: engine pods behind a
// Service. Errors name the field of the spec that is wrong, under name.
func NewVLLMService(ctx *pulumi.Context, name string, args VLLMServiceArgs, opts ...pulumi.ResourceOption) (*VLLMService, error) {
	spec := args.Spec.WithDefaults()
	if err := spec.Validate(name); err != nil {
		return nil, err
	}
	s := &VLLMService{}
	if err := ctx.RegisterComponentResource(serviceToken, name, s, opts...); err != nil {
		return nil, err
	}
	children := []pulumi.ResourceOption{pulumi.Parent(s), pulumi.DependsOn(args.DependsOn)}
	access, err := registerSecrets(ctx, name, spec, args, children)
	if err != nil {
		return nil, err
	}
	if err := registerEngines(ctx, name, spec, access, children); err != nil {
		return nil, err
	}
	if spec.scaled() {
		if err := ctx.Log.Warn(spec.scalerWarning(), &pulumi.LogArgs{Resource: s}); err != nil {
			return nil, err
		}
	}
	s.setOutputs(spec, access)
	return s, ctx.RegisterResourceOutputs(s, s.Outputs())
}

// registerSecrets registers the Secrets that the engine reads, and returns
// where each of its credentials is.
func registerSecrets(ctx *pulumi.Context, name string, spec Spec, args VLLMServiceArgs, opts []pulumi.ResourceOption) (credentials, error) {
	var c credentials
	manager := fieldManager(ctx.Project(), ctx.Stack())
	if ref := spec.Access.HuggingFaceToken; ref.Name != "" {
		c.HuggingFaceToken = &secretKey{Name: pulumi.String(ref.Name), Key: ref.Key}
	} else if args.HuggingFaceToken != nil {
		secret, err := corev1.NewSecret(ctx, name+"-huggingface", secretArgs(spec, tokenKey, args.HuggingFaceToken, manager), opts...)
		if err != nil {
			return c, err
		}
		c.HuggingFaceToken = &secretKey{Name: secret.Metadata.Name(), Key: tokenKey}
	}
	if args.APIKey != nil {
		secret, err := corev1.NewSecret(ctx, name+"-api-key", secretArgs(spec, apiKeyKey, args.APIKey, manager), opts...)
		if err != nil {
			return c, err
		}
		c.APIKey = &secretKey{Name: secret.Metadata.Name(), Key: apiKeyKey}
	}
	return c, nil
}

// registerEngines registers the pods, their address, and how many of them may be
// evicted at once.
func registerEngines(ctx *pulumi.Context, name string, spec Spec, access credentials, opts []pulumi.ResourceOption) error {
	patient := slices.Concat(opts, []pulumi.ResourceOption{pulumi.Timeouts(&pulumi.CustomTimeouts{
		Create: spec.rolloutTimeout(), Update: spec.rolloutTimeout(), Delete: spec.removalTimeout(),
	})})
	manager := fieldManager(ctx.Project(), ctx.Stack())
	account, err := corev1.NewServiceAccount(ctx, name, serviceAccountArgs(spec, manager), opts...)
	if err != nil {
		return err
	}
	if _, err := appsv1.NewDeployment(ctx, name, deploymentArgs(spec, access, manager),
		slices.Concat(patient, []pulumi.ResourceOption{pulumi.DependsOn([]pulumi.Resource{account})})...); err != nil {
		return err
	}
	if _, err := policyv1.NewPodDisruptionBudget(ctx, name, disruptionBudgetArgs(spec, manager), opts...); err != nil {
		return err
	}
	_, err = corev1.NewService(ctx, name, serviceArgs(spec, manager), opts...)
	return err
}

func (s *VLLMService) setOutputs(spec Spec, access credentials) {
	s.Name = pulumi.String(spec.Name).ToStringOutput()
	s.Namespace = pulumi.String(spec.Namespace).ToStringOutput()
	s.Port = pulumi.Int(port).ToIntOutput()
	s.URL = pulumi.String(fmt.Sprintf("http://%s.%s.svc.cluster.local:%d", spec.Name, spec.Namespace, port)).ToStringOutput()
	s.ServedModelName = pulumi.String(spec.Model.ServedName).ToStringOutput()
	s.APIKeySecret = pulumi.String("").ToStringOutput()
	if access.APIKey != nil {
		s.APIKeySecret = access.APIKey.Name.ToStringPtrOutput().Elem()
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
	}
}
