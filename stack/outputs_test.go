package stack

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"
)

// TestSizesAndPinsAreOneLineEach checks that outputs do not fill the screen: Pulumi shows
// mappings, strings of several lines, and strings with JSON on several lines. The line of a
// pin is a valid value of the key.
func TestSizesAndPinsAreOneLineEach(t *testing.T) {
	lines := map[string]string{}
	c := stackFile(t, "prod")
	program, capture := deployment()
	_, err := recordUpdate(t, "prod", nil, func(ctx *pulumi.Context) error {
		err := program(ctx)
		for name, output := range ctx.GetCurrentExportMap() {
			switch output := output.(type) {
			case pulumi.String:
				lines[name] = string(output)
			case pulumi.StringMap:
				for model, line := range output {
					lines[name+"."+model] = string(line.(pulumi.String))
				}
			}
		}
		return err
	}, c.Option, capture)
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 9 {
		t.Errorf("%q are strings, want sizes, pins and plans of two models, clusterPin, costs and deployed", slices.Sorted(maps.Keys(lines)))
	}
	for name, line := range lines {
		if line == "" || strings.Contains(line, "\n") || json.Valid([]byte(line)) {
			t.Errorf("%s is %q, want one line that is not JSON", name, line)
		}
	}
	const summary = "1 × A10G (g5.2xlarge), fits, 13.5 GiB of weights, 50,736 KV tokens, concurrency 19 (6.2 at 8,192), target 4, cold start 13m23s, 2.42–4.85 USD/h, 4.40 USD/M tokens"
	if got := lines["sizing.mistral-7b"]; got != summary {
		t.Errorf("sizing.mistral-7b is %q, want %q", got, summary)
	}
	const plan = "{namespace: inference, deployment: llama-70b, model: meta-llama/Llama-3.3-70B-Instruct, min: 1, max: 1, gpus: 8, groups: [p4d], hardware: 8 × A100-40 (p4d.24xlarge), fit: fits, maxModelLen: 32768, kvTokens: 451184, concurrency: 74, loadSeconds: 1452, provisionSeconds: 585, inPlace: true, surge: 'nodeGroups[].max: 2 in the node group p4d', cost: {usdPerHourMin: 21.9576, usdPerHourMax: 21.9576}}"
	if got := lines["plans.llama-70b"]; got != plan {
		t.Errorf("plans.llama-70b is %q, want %q", got, plan)
	}
	if got, want := lines["costs"], "{usdPerHourMin: 25.5001, usdPerHourMax: 27.9241}"; got != want {
		t.Errorf("costs is %q, want %q", got, want)
	}
	var pin map[string]any
	if err := yaml.Unmarshal([]byte(lines["pins.mistral-7b"]), &pin); err != nil || pin["lifecycle"] == nil {
		t.Errorf("the pin %q reads as %v, %v", lines["pins.mistral-7b"], pin, err)
	}
}

// TestTheLocalStackHasNoWarnings holds that a newcomer's first preview shows no problem.
func TestTheLocalStackHasNoWarnings(t *testing.T) {
	cfg := loadConfig(t, stackFile(t, "local"))
	warnings := cfg.Size().Warnings()
	for _, m := range cfg.Models {
		warnings = append(warnings, m.Warnings()...)
	}
	if len(cfg.Models) != 1 || len(warnings) > 0 {
		t.Errorf("the preview of %d models warns of %q", len(cfg.Models), warnings)
	}
}
