package serving

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const namespacesToken = "vllm-eks:serving:Namespaces"

// NamespacesArgs are the inputs of NewNamespaces.
type NamespacesArgs struct {
	Specs []NamespaceSpec
}

// Namespaces are the namespaces that models run in.
type Namespaces struct {
	pulumi.ResourceState

	byName map[string]*corev1.Namespace
}

// NewNamespaces registers the namespaces that do not exist already. Errors name
// the field that is wrong, under name.
func NewNamespaces(ctx *pulumi.Context, name string, args NamespacesArgs, opts ...pulumi.ResourceOption) (*Namespaces, error) {
	specs, err := checkedNamespaces(name, args.Specs)
	if err != nil {
		return nil, err
	}
	n := &Namespaces{byName: map[string]*corev1.Namespace{}}
	if err := ctx.RegisterComponentResource(namespacesToken, name, n, opts...); err != nil {
		return nil, err
	}
	manager := fieldManager(ctx.Project(), ctx.Stack())
	for _, spec := range specs {
		if spec.Existing {
			continue
		}
		namespace, err := corev1.NewNamespace(ctx, spec.Name, namespaceArgs(spec, manager), pulumi.Parent(n))
		if err != nil {
			return nil, err
		}
		n.byName[spec.Name] = namespace
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{})
}

// Named returns what a service in that namespace must wait for: the namespace,
// or nothing if it is not one that is created here.
func (n *Namespaces) Named(name string) []pulumi.Resource {
	if namespace, ok := n.byName[name]; ok {
		return []pulumi.Resource{namespace}
	}
	return nil
}
