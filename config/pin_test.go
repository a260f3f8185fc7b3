package config

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
)

const pinned = `
  vllm-eks:monitoring: {prometheusUrl: "http://prometheus:9090"}
  vllm-eks:nodeGroups: [{name: g5, instanceTypes: [g5.2xlarge], max: 9}, {name: g6e, instanceTypes: [g6e.xlarge], max: 9}]
  vllm-eks:models:
    - {name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, replicas: {min: 1, max: 3}%s}
`

// TestAPinFreezesWhatIsDerived changes what numbers are derived from, as another
// version of the program would: a model with its pin does not change, one
// without does.
func TestAPinFreezesWhatIsDerived(t *testing.T) {
	const other = ", objectives: {inputTokens: 4000, outputTokens: 900}"
	derive := func(more string) *Config {
		return mustLoad(t, "  vllm-eks:limits: {maxUsdPerHour: 99}"+fmt.Sprintf(pinned, more))
	}
	before := derive("")
	pin, err := json.Marshal(before.Pins()["a"])
	if err != nil {
		t.Fatal(err)
	}
	frozen := derive(other + ", pin: " + string(pin))
	if got, want := frozen.Pins(), before.Pins(); !reflect.DeepEqual(got, want) {
		t.Errorf("with its pin, the model comes to %v, want %v", got, want)
	}
	if free := derive(other); reflect.DeepEqual(free.Pins(), before.Pins()) {
		t.Error("the objectives change nothing, so that this test shows nothing")
	}
	own := derive(", maxNumSeqs: 24, pin: " + string(pin))
	if got := own.Models[0].Model.MaxNumSeqs; got != 24 {
		t.Errorf("what the model says is %d, want 24: it goes before its pin", got)
	}
}

// TestModelsBehindALoadBalancerWaitForIt marks their namespaces, and no others.
func TestModelsBehindALoadBalancerWaitForIt(t *testing.T) {
	cfg := mustLoad(t, `
  vllm-eks:namespaces: [{name: x}, {name: y}]
  vllm-eks:models:
    - {name: a, model: org/m, namespace: x, ingress: {class: alb, host: a.example.com, alb: {subnetCidrs: [10.0.0.0/24]}}}
    - {name: b, model: org/m, namespace: y, ingress: {class: nginx, host: b.example.com, controllerNamespace: n}}`)
	if !cfg.Namespaces[0].ReadinessGates || cfg.Namespaces[1].ReadinessGates {
		t.Errorf("the namespaces are %v, want x marked alone", cfg.Namespaces)
	}
}

// TestNewKeysComeFromDefaultsToo covers a truth, a list of mappings and a
// mapping of mappings.
func TestNewKeysComeFromDefaultsToo(t *testing.T) {
	cfg := mustLoad(t, `
  vllm-eks:defaults:
    tolerations: [{key: team}]
    storage: {offline: true, cache: {claim: cache}}
    ingress: {class: nginx, controllerNamespace: n}
  vllm-eks:models:
    - {name: a, model: org/m, ingress: {host: a.example.com}}
    - {name: b, model: org/m, tolerations: [], storage: {offline: false}, ingress: {host: b.example.com}}`)
	a, b := cfg.Models[0], cfg.Models[1]
	if len(a.Scheduling.Tolerations) != 1 || len(b.Scheduling.Tolerations) != 0 {
		t.Errorf("tolerations are %v and %v", a.Scheduling.Tolerations, b.Scheduling.Tolerations)
	}
	if !*a.Storage.Offline || *b.Storage.Offline || b.Storage.Cache.Claim != "cache" {
		t.Errorf("storage is %v and %v", a.Storage, b.Storage)
	}
	if a.Ingress.Class != "nginx" || a.Ingress.Host == b.Ingress.Host {
		t.Errorf("ingresses are %v and %v", a.Ingress, b.Ingress)
	}
}
