package serving

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/fieldmanager"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

const namespacesToken = "vllm-eks:serving:Namespaces"

// NamespacesArgs holds the inputs of NewNamespaces.
type NamespacesArgs struct {
	// Namespaces are the namespaces of models. Required.
	Namespaces []NamespaceArgs `pulumi:"namespaces,optional"`
}

// NamespaceSpecsArgs holds the inputs of NewNamespacesFromSpecs.
type NamespaceSpecsArgs struct {
	// Specs lists the namespaces of models.
	Specs []servingspec.NamespaceSpec
}

// Namespaces are the namespaces that models run in.
type Namespaces struct {
	pulumi.ResourceState

	byName map[string]pulumi.Resource
}

// NewNamespaces registers the namespaces that do not exist already, with the labels
// and the NetworkPolicy that services expect. All problems are one error, each with
// name and the key in front.
func NewNamespaces(ctx *pulumi.Context, name string, args NamespacesArgs, opts ...pulumi.ResourceOption) (*Namespaces, error) {
	specs := items(args.Namespaces, &inputs{}, "", (*NamespaceArgs).spec)
	return registerNamespaces(ctx, name, field.NewPath(name).Child("namespaces"), specs, opts)
}

// NewNamespacesFromSpecs registers namespaces like NewNamespaces, for Go programs that
// have specs, such as those decoded from a stack's file.
func NewNamespacesFromSpecs(ctx *pulumi.Context, name string, args NamespaceSpecsArgs, opts ...pulumi.ResourceOption) (*Namespaces, error) {
	return registerNamespaces(ctx, name, field.NewPath(name), args.Specs, opts)
}

func registerNamespaces(ctx *pulumi.Context, name string, path *field.Path, list []servingspec.NamespaceSpec, opts []pulumi.ResourceOption) (*Namespaces, error) {
	specs, err := servingspec.CheckedNamespaces(path, list)
	if err != nil {
		return nil, err
	}
	n := &Namespaces{byName: map[string]pulumi.Resource{}}
	if err := ctx.RegisterComponentResource(namespacesToken, name, n, opts...); err != nil {
		return nil, err
	}
	children, err := childOptions(n, opts)
	if err != nil {
		return nil, err
	}
	manager := fieldmanager.Name(ctx.Project(), ctx.Stack())
	for _, spec := range specs {
		if spec.Existing {
			if err := letGo(ctx, spec, children...); err != nil {
				return nil, err
			}
			continue
		}
		created, err := registerPlain(ctx, spec.Name, manifest.Namespace(spec, manager), children...)
		if err != nil {
			return nil, err
		}
		n.byName[spec.Name] = created
		if _, err := registerPlain(ctx, spec.Name, manifest.DenyAll(spec, manager), slices.Concat(children, []pulumi.ResourceOption{pulumi.DependsOn([]pulumi.Resource{created})})...); err != nil {
			return nil, err
		}
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{})
}

// letGo reads an existing namespace under the name of a created one. If the stack
// created it in an earlier update, Pulumi removes it from the state and leaves it on the
// cluster. Without the read, Pulumi would delete it.
func letGo(ctx *pulumi.Context, spec servingspec.NamespaceSpec, opts ...pulumi.ResourceOption) error {
	if spec.Known {
		return nil
	}
	return ctx.ReadResource("kubernetes:core/v1:Namespace", spec.Name, pulumi.ID(spec.Name), nil, &object{}, opts...)
}

// Ready returns the namespaces that the component creates.
func (n *Namespaces) Ready() []pulumi.Resource {
	if n == nil {
		return nil
	}
	return n.ReadyFor(slices.Sorted(maps.Keys(n.byName))...)
}

// ReadyFor returns the resources that services in these namespaces must wait for: the
// namespaces among them that the component creates.
func (n *Namespaces) ReadyFor(names ...string) []pulumi.Resource {
	if n == nil {
		return nil
	}
	var ready []pulumi.Resource
	for _, name := range names {
		if namespace, ok := n.byName[name]; ok {
			ready = append(ready, namespace)
		}
	}
	return ready
}
