package chart

import "github.com/vllm-eks/vllm-eks/internal/versions"

// Release declares a Helm chart that a component installs.
type Release struct {
	// Key is the key that installs the chart, of a component that installs several.
	// Default: install.
	Key string
	// Doc says what the chart is for, for the documentation.
	Doc string
	// Chart is the pinned chart.
	Chart versions.Chart
	// Namespace is created for the chart.
	Namespace Namespace
	// Beside are further namespaces that the component creates for the chart. Default:
	// none.
	Beside []Namespace
	// Values are the values of the chart, those of the user among them. Only a Plain
	// spec has them: others depend on the rest of the stack.
	Values map[string]any
}

// Namespaces returns the namespaces of the release.
func (r Release) Namespaces() []Namespace { return append([]Namespace{r.Namespace}, r.Beside...) }

// Namespace declares a namespace that a component creates.
type Namespace struct {
	// Name is the name of the namespace.
	Name string
	// Level limits what the pods of the namespace may request.
	Level Level
}

// Level is what pods of a namespace may ask of their node.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/
type Level string

const (
	// Privileged lets pods have all of the node, as drivers and exporters of nodes
	// need.
	Privileged Level = "privileged"
	// Baseline lets pods have what is no known way out of a container.
	Baseline Level = "baseline"
	// Restricted lets pods have as little as can be.
	Restricted Level = "restricted"
)

// Namespaces returns the names of the namespaces of what a spec installs, each once.
func Namespaces(spec Spec) []string {
	var names []string
	seen := map[string]bool{}
	for _, r := range spec.Releases() {
		for _, n := range r.Namespaces() {
			if !seen[n.Name] {
				names = append(names, n.Name)
			}
			seen[n.Name] = true
		}
	}
	return names
}
