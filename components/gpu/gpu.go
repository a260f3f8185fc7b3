// Package gpu has Kubernetes hand out the GPUs of its nodes.
package gpu

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	gpuspec "github.com/vllm-eks/vllm-eks/spec/gpu"
)

const typeToken = "vllm-eks:gpu:DevicePlugin"

// Args are the inputs of New.
type Args struct {
	Spec gpuspec.Spec
	// DependsOn is what must be there before, and goes after, such as the nodes.
	// Default: nothing.
	DependsOn []pulumi.Resource
}

// New registers the device plugin, or nothing if it is not to be installed.
// Errors name the key of the spec that is wrong, under name.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*release.Component, error) {
	spec := args.Spec.WithDefaults()
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	component := release.ComponentArgs{Type: typeToken, DependsOn: args.DependsOn}
	if spec.Install {
		component.Namespaces = []release.Namespace{{Name: gpuspec.Namespace, Level: release.Privileged}}
		component.Charts = []release.Chart{{Args: release.Args{Chart: versions.NVIDIADevicePlugin, Namespace: gpuspec.Namespace, Values: chart.Merge(gpuspec.Values(), spec.Values)}}}
	}
	return release.NewComponent(ctx, name, component, opts...)
}
