// Package gpu declares the key gpu: types, defaults, validation and the values that
// follow from them. It imports neither Pulumi nor the AWS SDK.
package gpu

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// Spec holds whether the device plugin is installed. The image of the nodes must have the
// driver and the container toolkit, as Amazon's images with NVIDIA's driver do.
type Spec struct {
	// Install installs NVIDIA's device plugin. Set it to false if the cluster has one
	// already, such as that of the GPU operator. Default: true on a created cluster.
	Install bool `key:"install"`
	// Values are further values of the chart.
	Values map[string]any `key:"values"`
}

// Validate returns every problem of a spec, each beginning with its key under
// path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&s, path)
	if !s.Install {
		chart.CheckUnused(&found, path, chart.Field{Key: "values", Given: len(s.Values) > 0})
		return found
	}
	chart.CheckValues(&found, path.Child("values"), Values(), s.Values, nil)
	return found
}

// Options returns the fields that the stack sets.
func (s *Spec) Options() chart.Options {
	if s == nil {
		return chart.Options{}
	}
	return chart.Options{Install: &s.Install}
}

// Component returns the type token of the component.
func (s *Spec) Component() string { return "vllm-eks:gpu:DevicePlugin" }

// Releases returns the Helm release, if the chart is installed.
func (s *Spec) Releases() []chart.Release {
	if s == nil || !s.Install {
		return nil
	}
	return []chart.Release{{
		Doc: "makes `nvidia.com/gpu` a resource that pods can request", Chart: versions.NVIDIADevicePlugin,
		Namespace: chart.Namespace{Name: "nvidia-device-plugin", Level: chart.Privileged},
		Values:    chart.Merge(Values(), s.Values),
	}}
}

// Complete sets every field that has a default.
func (s *Spec) Complete() {
	if s != nil {
		keys.Complete(s)
	}
}
