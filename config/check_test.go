package config

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// TestChecksChangeNothing holds that a configuration is complete before it is checked:
// checks report, and change no value.
func TestChecksChangeNothing(t *testing.T) {
	everything, err := os.ReadFile("../stack/testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	aws, err := os.ReadFile("../stack/testdata/everything-aws.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, yaml := range map[string]string{
		"every_key": string(everything), "every_key_on_AWS": string(aws), "nothing": "config: {}",
		"wrong_values": `config:
  vllm-eks:network: {zones: [us-west-2a]}
  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge], capacity: spott}, {name: g5, hardware: {gpu: X}}]
  vllm-eks:models: [{name: a, model: org/m, nodeGroup: [g5, g6]}, {name: a, replicas: {min: -1}, ingress: {class: alb}}]`,
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := stacktest.ParseConfig(yaml)
			if err != nil {
				t.Fatal(err)
			}
			var source Source
			source.Capture(&pulumi.RunInfo{Config: parsed.Values, ConfigSecretKeys: parsed.Secret, Project: "p", Stack: "s"})
			typed, decoded := decode(&source)
			found := newFindings(decoded)
			c := newConfig(&source, typed, decoded)
			c.complete(found, nil)
			before := values(t, c)
			c.check(found)
			if after := values(t, c); after != before {
				t.Errorf("checks have made\n%s\nof\n%s", after, before)
			}
		})
	}
}

// values returns the values of a configuration as text.
func values(t *testing.T, c *Config) string {
	t.Helper()
	p := c.Platform
	text, err := json.Marshal([]any{
		p.Account, p.Network, p.Cluster, p.Nodes, p.Charts, p.Prometheus, c.Namespaces, c.NodeGroups, c.Costs, c.Limits, c.Monitoring, c.Models,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
