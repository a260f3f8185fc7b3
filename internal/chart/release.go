package chart

import "github.com/vllm-eks/vllm-eks/internal/versions"

// Release declares a Helm chart that a component installs.
type Release struct {
	// Key is the key that installs the chart, if the component has several charts.
	// Default: install.
	Key string
	// Doc is the purpose of the chart, for the documentation.
	Doc string
	// Chart is the pinned chart.
	Chart versions.Chart
	// Namespace is created for the chart.
	Namespace Namespace
	// Beside holds further namespaces that the component creates for the chart. Default:
	// none.
	Beside []Namespace
	// Values are the values of the chart, merged with the user's. Only a Plain spec has
	// them; the values of other specs depend on the rest of the stack.
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

// Level is a Pod Security Standard: the rights on their node that pods of a namespace may
// request.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/
type Level string

const (
	// Privileged allows all rights. Drivers and exporters of nodes need them.
	Privileged Level = "privileged"
	// Baseline allows rights that give no known escape from a container.
	Baseline Level = "baseline"
	// Restricted allows only the necessary rights.
	Restricted Level = "restricted"
)

// Namespaces returns the names of the namespaces that a spec creates, each once.
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
