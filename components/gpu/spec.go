// Package gpu has Kubernetes hand out the GPUs of its nodes.
package gpu

// Namespace is where the device plugin runs.
const Namespace = "nvidia-device-plugin"

// Spec says whether the device plugin is installed. The nodes bring the driver
// and the container toolkit, as Amazon's images with NVIDIA's do.
type Spec struct {
	// Install installs NVIDIA's device plugin. Without it, the cluster has one
	// already, such as that of the GPU operator. Default: false.
	Install bool
}

// WithDefaults returns the spec as it is.
func (s Spec) WithDefaults() Spec { return s }

// Validate finds nothing: there is nothing to be wrong.
func (s Spec) Validate(string) error { return nil }

// Namespaces are those that the box makes, which nobody else may claim.
func (s Spec) Namespaces() []string {
	if !s.Install {
		return nil
	}
	return []string{Namespace}
}
