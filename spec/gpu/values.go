package gpu

import "github.com/vllm-eks/vllm-eks/internal/gpunodes"

// Values returns the values of the chart nvidia-device-plugin. The plugin runs on every
// node with GPUs, also without replicas, because it makes the GPUs allocatable.
func Values() map[string]any {
	return map[string]any{
		"affinity":          gpunodes.Only(),
		"tolerations":       gpunodes.Tolerate(),
		"priorityClassName": "system-node-critical",
		"resources": map[string]any{
			"requests": map[string]any{"cpu": "10m", "memory": "64Mi"},
			"limits":   map[string]any{"memory": "256Mi"},
		},
	}
}
