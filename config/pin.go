package config

import (
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Pins returns, for each model, the values that this version of the program derived
// or took by default and that its replicas run with, as its key pin takes them: a
// later version then changes none of them.
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
	// By default it is as many as there always are, which is to change with them.
	if m.Scaling.FallbackReplicas == m.Replicas.Least() {
		m.Scaling.FallbackReplicas = 0
	}
	return keys.Pins(&m)
}

// ClusterPin returns what cluster.pin freezes: the versions of the add-ons, and
// the AMI release where all nodes have the same. It is nil for an existing cluster.
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
