// Package gpunodes is what nodes with GPUs and everything that runs beside them
// agree on: a label, by which GPU software finds them and all else avoids them,
// and a taint.
package gpunodes

const (
	// PresentLabel is on every node with NVIDIA GPUs, with PresentValue. NVIDIA's own
	// feature discovery sets the same; the device plugin runs where it is.
	// https://github.com/NVIDIA/k8s-device-plugin
	PresentLabel = "nvidia.com/gpu.present"
	// PresentValue is what PresentLabel says.
	PresentValue = "true"
	// Taint keeps pods away that do not ask for GPUs, with TaintValue and the effect
	// NoSchedule.
	Taint = "nvidia.com/gpu"
	// TaintValue is what Taint says.
	TaintValue = "present"
)

// Avoid is an affinity to nodes without GPUs, as charts and add-ons take it. A
// taint alone would leave the add-ons on GPU nodes of a cluster that has none.
func Avoid() map[string]any { return nodeAffinity("NotIn") }

// Only is an affinity to nodes with GPUs.
func Only() map[string]any { return nodeAffinity("In") }

// Apart is Avoid, and that pods with these labels run on different nodes if they
// can.
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

// Tolerate are the tolerations of what has to run on every node with GPUs.
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
