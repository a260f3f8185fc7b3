// Package gpunodes holds the label and the taint of nodes with GPUs. GPU software
// selects these nodes by the label, and all other pods avoid them.
package gpunodes

const (
	// PresentLabel is on every node with NVIDIA GPUs, with PresentValue. NVIDIA's
	// feature discovery sets the same label; the device plugin runs on nodes that have
	// it.
	// https://github.com/NVIDIA/k8s-device-plugin
	PresentLabel = "nvidia.com/gpu.present"
	// PresentValue is the value of PresentLabel.
	PresentValue = "true"
	// Taint keeps pods away that do not request GPUs, with TaintValue and the effect
	// NoSchedule.
	Taint = "nvidia.com/gpu"
	// TaintValue is the value of Taint.
	TaintValue = "present"
)

// Avoid returns an affinity to nodes without GPUs, in the form of the values of charts
// and EKS add-ons. A taint alone would not keep the pods away from GPU nodes of a
// cluster that has no taint.
func Avoid() map[string]any { return nodeAffinity("NotIn") }

// Only returns an affinity to nodes with GPUs.
func Only() map[string]any { return nodeAffinity("In") }

// Apart returns the affinity of Avoid, with a preference that pods with these labels
// run on different nodes.
func Apart(labels map[string]any) map[string]any {
	affinity := Avoid()
	affinity["podAntiAffinity"] = map[string]any{
		"preferredDuringSchedulingIgnoredDuringExecution": []any{map[string]any{
			"weight": 100,
			"podAffinityTerm": map[string]any{
				"topologyKey":   "kubernetes.io/hostname",
				"labelSelector": map[string]any{"matchLabels": labels},
			},
		}},
	}
	return affinity
}

// Tolerate returns the tolerations of pods that must run on every node with GPUs.
func Tolerate() []any {
	return []any{map[string]any{"key": Taint, "operator": "Exists", "effect": "NoSchedule"}}
}

func nodeAffinity(operator string) map[string]any {
	return map[string]any{"nodeAffinity": map[string]any{
		"requiredDuringSchedulingIgnoredDuringExecution": map[string]any{
			"nodeSelectorTerms": []any{map[string]any{
				"matchExpressions": []any{map[string]any{"key": PresentLabel, "operator": operator, "values": []any{PresentValue}}},
			}},
		},
	}}
}
