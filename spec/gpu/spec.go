// Package gpu declares the key gpu: types, defaults, validation
// and what follows from them. It imports neither Pulumi nor the AWS SDK.
package gpu

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/chart"
)

// Namespace is where the device plugin runs.
const Namespace = "nvidia-device-plugin"

// Spec says whether the device plugin is installed. The nodes bring the driver
// and the container toolkit, as Amazon's images with NVIDIA's do.
type Spec struct {
	// Install installs NVIDIA's device plugin. Without it, the cluster has one
	// already, such as that of the GPU operator. Default: true on a created cluster.
	Install bool `key:"install"`
	// Values are further values of the chart.
	Values map[string]any `key:"values"`
}

// WithDefaults returns the spec as it is.
func (s Spec) WithDefaults() Spec { return s }

// Validate returns every problem of a spec, each beginning with its key under
// path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	var found field.ErrorList
	if !s.Install {
		chart.CheckUnused(&found, path, chart.Field{Key: "values", Given: len(s.Values) > 0})
		return found
	}
	chart.CheckValues(&found, path.Child("values"), Values(), s.Values, nil)
	return found
}

// Options returns what the stack completes.
func (s *Spec) Options() chart.Options {
	if s == nil {
		return chart.Options{}
	}
	return chart.Options{Install: &s.Install}
}

// Namespaces returns the namespaces that the component creates; models cannot use them.
func (s Spec) Namespaces() []string {
	if !s.Install {
		return nil
	}
	return []string{Namespace}
}

// Complete sets every field that has a default.
func (s *Spec) Complete() {
	if s != nil {
		*s = s.WithDefaults()
	}
}
