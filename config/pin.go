package config

import (
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Pins returns, for each model, the derived values and defaults with which its replicas
// run, in the form of its key pin. With that key, a later version of the program changes
// none of them.
func (c *Config) Pins() map[string]map[string]any {
	pins := map[string]map[string]any{}
	if c == nil {
		return pins
	}
	for _, m := range c.Models {
		pins[m.Name] = pin(m)
	}
	return pins
}

func pin(m serving.Spec) map[string]any {
	m.VLLMVersion = m.Version()
	if m.Image != "" {
		m.VLLMVersion = ""
	}
	// The default follows replicas.min and must not be pinned.
	if m.Scaling.FallbackReplicas == m.Replicas.Least() {
		m.Scaling.FallbackReplicas = 0
	}
	return keys.Pins(&m)
}

// ClusterPin returns the values for cluster.pin: the versions of the add-ons, and the AMI
// release if all nodes have the same. It is nil for an existing cluster.
func (c *Config) ClusterPin() map[string]any {
	if c == nil || !c.Platform.Made() {
		return nil
	}
	p := &c.Platform
	pinned := clusterKeys{Spec: p.Cluster}
	var releases []string
	for _, release := range p.Nodes.Releases(p.Cluster.Name, p.Account.AllTags(c.source.project, c.source.stack)) {
		releases = append(releases, release)
	}
	slices.Sort(releases)
	if same := slices.Compact(releases); len(same) == 1 {
		pinned.NodeRelease = same[0]
	}
	return keys.Pins(&pinned)
}
