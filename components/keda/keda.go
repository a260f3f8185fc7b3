// Package keda installs KEDA, which sets the number of engines.
package keda

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/release"
	"github.com/vllm-eks/vllm-eks/internal/versions"
	kedaspec "github.com/vllm-eks/vllm-eks/spec/keda"
)

const typeToken = "vllm-eks:keda:KEDA"

// Args are the inputs of New.
type Args struct {
	Spec kedaspec.Spec
	// DependsOn is what must be there before, and goes after: the nodes, and
	// Prometheus' operator if it scrapes KEDA. Default: nothing.
	DependsOn []pulumi.Resource
}

// New registers KEDA, or nothing if it is not to be installed. Errors name the
// key of the spec that is wrong, under name. ScaledObjects are deleted before
// KEDA, which removes their finalizers.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*release.Component, error) {
	spec := args.Spec.WithDefaults()
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	component := release.ComponentArgs{Type: typeToken, DependsOn: args.DependsOn}
	if spec.Install {
		component.Namespaces = []release.Namespace{{Name: kedaspec.Namespace, Level: release.Restricted}}
		component.Charts = []release.Chart{{Args: release.Args{Chart: versions.KEDAChart, Namespace: kedaspec.Namespace, Values: chart.Merge(kedaspec.Values(spec), spec.Values)}}}
	}
	return release.NewComponent(ctx, name, component, opts...)
}
