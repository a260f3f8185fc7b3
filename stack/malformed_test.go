package stack

import (
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

// canary is a secret in the wrong place, which no message may repeat.
const canary = "hf_canary_3b9d0c"

// monitored is an existing Prometheus, for services that scale.
const monitored = "  vllm-eks:monitoring: {prometheusUrl: \"http://prometheus:9090\"}\n"

const validCluster = "  vllm-eks:cluster: {existing: {context: test}}\n"

// malformedConfig holds an invalid configuration, with the key and the kind of every
// problem.
type malformedConfig struct {
	name string
	// model holds keys of an otherwise valid model.
	model string
	// config is the whole configuration, if model is empty.
	config string
	want   []string
	// says begins messages whose wording matters: hints, and commands to run.
	says []string
}

// malformedConfigurations returns every table.
func malformedConfigurations() []malformedConfig {
	return slices.Concat(malformedModels, malformedPlatforms, malformedEngines, malformedScaling, malformedStorage, malformedNetworks,
		malformedPods, malformedSizes, malformedNodeGroups, malformedCosts, malformedChecklists, malformedTelemetry)
}

// file returns the stack's file.
func (c malformedConfig) file() string {
	if c.model == "" {
		return "config:\n" + c.config
	}
	return "config:\n" + validCluster + "  vllm-eks:models: [{name: a, " + withModel(c.model) + "}]"
}

// TestMalformedConfigurations checks that the whole program refuses each configuration with
// exactly the expected problems, and registers nothing.
func TestMalformedConfigurations(t *testing.T) {
	for _, test := range malformedConfigurations() {
		t.Run(test.name, func(t *testing.T) {
			recording, err := record("test", mustParse(t, test.file()))
			if err == nil {
				t.Fatal("the configuration was accepted")
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the message repeats a secret: %v", err)
			}
			if registered := recording.Resources(); len(registered) != 0 {
				t.Errorf("%d resources were registered, the first is %s %s", len(registered), registered[0].Type, registered[0].Name)
			}
			problemstest.Check(t, err, test.want, test.says)
		})
	}
}

// withModel returns the keys of a model, with an id if they have none.
func withModel(keys string) string {
	if strings.Contains(keys, "model: ") {
		return keys
	}
	return "model: org/m, " + keys
}

// messages returns the lines that Pulumi shows for the program's error.
func messages(err error) []string {
	_, list, _ := strings.Cut(err.Error(), "* ")
	return strings.Split(strings.TrimSpace(list), "\n")
}
