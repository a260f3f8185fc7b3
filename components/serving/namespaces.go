package serving

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/fieldmanager"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

const namespacesToken = "vllm-eks:serving:Namespaces"

// NamespacesArgs are the inputs of NewNamespaces.
type NamespacesArgs struct {
	Specs []servingspec.NamespaceSpec
}

// Namespaces are the namespaces that models run in.
type Namespaces struct {
	pulumi.ResourceState

	byName map[string]pulumi.Resource
}

// NewNamespaces registers the namespaces that do not exist already. Errors name
// the field that is wrong, under name.
func NewNamespaces(ctx *pulumi.Context, name string, args NamespacesArgs, opts ...pulumi.ResourceOption) (*Namespaces, error) {
	specs, err := servingspec.CheckedNamespaces(field.NewPath(name), args.Specs)
	if err != nil {
		return nil, err
	}
	n := &Namespaces{byName: map[string]pulumi.Resource{}}
	if err := ctx.RegisterComponentResource(namespacesToken, name, n, opts...); err != nil {
		return nil, err
	}
	manager := fieldmanager.Name(ctx.Project(), ctx.Stack())
	for _, spec := range specs {
		if spec.Existing {
			if err := letGo(ctx, spec, pulumi.Parent(n)); err != nil {
				return nil, err
			}
			continue
		}
		created, err := register(ctx, spec.Name, manifest.Namespace(spec, manager), nil, pulumi.Parent(n))
		if err != nil {
			return nil, err
		}
		n.byName[spec.Name] = created
		if _, err := register(ctx, spec.Name, manifest.DenyAll(spec, manager), nil, pulumi.Parent(n), pulumi.DependsOn([]pulumi.Resource{created})); err != nil {
			return nil, err
		}
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{})
}

// letGo reads an existing namespace as the resource that it would be if the stack
// created it: if the stack did, the engine drops it from the state, and leaves it
// on the cluster. Not registered at all, it would be deleted.
func letGo(ctx *pulumi.Context, spec servingspec.NamespaceSpec, opts ...pulumi.ResourceOption) error {
	if spec.Known {
		return nil
	}
	return ctx.ReadResource("kubernetes:core/v1:Namespace", spec.Name, pulumi.ID(spec.Name), nil, &object{}, opts...)
}

// Named returns what a service in that namespace must wait for: the namespace,
// or nothing if it is not one that is created here.
func (n *Namespaces) Named(name string) []pulumi.Resource {
	if namespace, ok := n.byName[name]; ok {
		return []pulumi.Resource{namespace}
	}
	return nil
}
