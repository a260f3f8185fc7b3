package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
)

const pinned = `
  vllm-eks:monitoring: {prometheusUrl: "http://prometheus:9090"}
  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge], max: 9}, {name: g6e, instanceTypes: [g6e.xlarge], max: 9}]
  vllm-eks:models:
    - name: a
      model: Qwen/Qwen3-8B
      maxModelLen: 8192
      replicas: {min: 1, max: 3}
      lora: {adapters: [{name: b, source: org/b}, {name: c, source: org/c}]}
      storage: {cache: {storageClass: efs}}
%s
`

// rendered returns everything that a model's service registers, as text.
func rendered(t *testing.T, c *Config) string {
	t.Helper()
	text, err := json.Marshal(manifest.Objects(c.Models[0], "m"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAPinFreezesWhatIsDerived changes what numbers are derived from, as another
// version of the program would: a model with its pin does not change, one
// without does.
func TestAPinFreezesWhatIsDerived(t *testing.T) {
	const objectives = "      objectives: {inputTokens: 4000, outputTokens: 900}\n"
	derive := func(settings string) *Config { return mustLoad(t, fmt.Sprintf(pinned, settings)) }
	before := derive("")
	pin, err := json.Marshal(before.Pins()["a"])
	if err != nil {
		t.Fatal(err)
	}
	withPin := objectives + "      pin: " + string(pin) + "\n"
	if frozen := derive(withPin); rendered(t, frozen) != rendered(t, before) || !reflect.DeepEqual(frozen.Pins(), before.Pins()) {
		t.Errorf("with its pin, the model comes to\n%s, want\n%s", rendered(t, frozen), rendered(t, before))
	}
	if free := derive(objectives); rendered(t, free) == rendered(t, before) {
		t.Error("the objectives change nothing, so that this test shows nothing")
	}
	explicit := derive("      maxNumSeqs: 24\n" + withPin)
	if got := explicit.Models[0].Model.MaxNumSeqs; got != 24 {
		t.Errorf("what the model says is %d, want 24: it goes before its pin", got)
	}
}
