package gpu

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

const typeToken = "vllm-eks:gpu:DevicePlugin"

// Args are the inputs of New.
type Args struct {
	Spec Spec
	// DependsOn is what must be there before, and goes after, such as the nodes.
	// Default: nothing.
	DependsOn []pulumi.Resource
}

// DevicePlugin is what makes nvidia.com/gpu a resource of nodes.
type DevicePlugin struct {
	pulumi.ResourceState

	ready []pulumi.Resource
}

// New registers the device plugin, or nothing if it is not to be installed.
// Errors name the key of the spec that is wrong, under name.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*DevicePlugin, error) {
	spec := args.Spec.WithDefaults()
	if err := spec.Validate(name); err != nil {
		return nil, err
	}
	p := &DevicePlugin{}
	if !spec.Install {
		return p, nil
	}
	if err := ctx.RegisterComponentResource(typeToken, name, p, opts...); err != nil {
		return nil, err
	}
	installed, err := release.New(ctx, name, release.Args{Chart: versions.NVIDIADevicePlugin, Namespace: Namespace, Level: release.Privileged, Values: values()},
		pulumi.Parent(p), pulumi.DependsOn(args.DependsOn))
	if err != nil {
		return nil, err
	}
	p.ready = []pulumi.Resource{installed}
	return p, ctx.RegisterResourceOutputs(p, pulumi.Map{})
}

// Ready is what engines have to wait for, and to be gone before: nothing, if
// nothing is installed.
func (p *DevicePlugin) Ready() []pulumi.Resource { return p.ready }
