package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// useCase is a stack in which keys are dropped one by one.
type useCase struct {
	name    string
	account *stacktest.Account
	values  map[string]any
	// effects are those of bases, by the index of the only model; -1 is all models.
	effects map[int]string
}

// effect returns what a stack's file comes to: resources, or problems, and where the
// resources are those of before, sizes and costs. The output pins repeats values, so it
// shows no use of them.
func (u *useCase) effect(t *testing.T, values map[string]any, before string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"config": values})
	if err != nil {
		t.Fatal(err)
	}
	c := mustParse(t, string(text))
	recording, err := recordIn(u.account, u.name, c)
	if err != nil {
		return err.Error()
	}
	resources := string(asJSON(t, recording))
	if before == "" || strings.HasPrefix(before, resources) {
		size := loadConfigIn(t, u.account, c).Size()
		return fmt.Sprint(resources, size.Table(), size.Summaries(), size.USDPerHour())
	}
	return resources
}

// base returns the stack with only one model, which is recorded faster, or with all
// models if it needs them, and its effect.
func (u *useCase) base(t *testing.T, model int) (map[string]any, string) {
	t.Helper()
	values := u.values
	list, _ := values["vllm-eks:models"].([]any)
	if model >= 0 {
		values = maps.Clone(values)
		values["vllm-eks:models"] = []any{list[model]}
	}
	if _, known := u.effects[model]; !known {
		u.effects[model] = u.effect(t, values, "")
	}
	return values, u.effects[model]
}

// useCaseFile is the stack's file of a use case, and the account in which it runs.
type useCaseFile struct {
	name, yaml string
	account    *stacktest.Account
}

// scalingOf returns the key scaling with every setting of a policy, as JSON.
func scalingOf(t *testing.T, p serving.Policy) string {
	t.Helper()
	settings := p.Settings(serving.Replicas{Max: 3})
	scaling := map[string]any{"policy": p.Name}
	for _, f := range keys.Fields(&settings) {
		if slices.Contains(keys.Given(&settings), f.Name) {
			scaling[f.Name] = f.Pointer
		}
	}
	text, err := json.Marshal(scaling)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// useCases returns stacks that together have every key.
func useCases(t *testing.T) []*useCase {
	t.Helper()
	aws, err := os.ReadFile("testdata/everything-aws.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const model = "  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, "
	files := []useCaseFile{
		{"everything", everything(t), nil},
		{"everything-aws", string(aws), inEveryZone()},
		{"vpc", edited(t, existingVPC...), withSubnets()},
		{"grafana", edited(t, "  vllm-eks:models", "  vllm-eks:monitoring: {grafana: {install: true, existingSecret: admins}}\n  vllm-eks:models"), nil},
		{"webhook", edited(t, "  vllm-eks:models", "  vllm-eks:monitoring: {alertmanager: true, alerts: {page: webhook}}\n"+
			"  vllm-eks:alertWebhookUrl: {secure: 'https://alerts.example.com'}\n  vllm-eks:models"), nil},
		{"limit", edited(t, "  vllm-eks:models", "  vllm-eks:limits: {maxUsdPerHour: 5}\n  vllm-eks:models"), nil},
		{"checklist", edited(t, "  vllm-eks:models", "  vllm-eks:checklist: {production: true, require: false}\n  vllm-eks:models"), nil},
		{"name", "config:\n  aws:region: us-west-2\n  vllm-eks:cluster: {existing: {context: test, name: test}}\n" +
			"  vllm-eks:models: [{name: a, model: s3://weights/qwen, gpu: {type: A10G, count: 1}, resources: {disk: 60Gi}}]\n", nil},
		{"hardware", "config:\n" + validCluster + "  vllm-eks:nodeGroups: [{name: own, labels: {pool: own}, max: 2, usdPerHour: 3, hardware: {gpu: X100, gpuMemoryGiB: 40.5, " +
			"computeCapability: 9.0, link: NVLink4, gpuMemoryGBps: 2000, gpuTFLOPS: 500, gpus: 2, vcpu: 64, memoryGiB: 32, maxPods: 50, nvmeGB: 1000, networkGbps: 10}}]\n" +
			model + "nodeGroup: own, gpu: {count: 2}}]\n", nil},
		{"objectives", "config:\n" + validCluster + model + "gpu: {type: A10G}, objectives: {ttftMilliseconds: 300}}]\n", nil},
		{"open", "config:\n" + validCluster + model + "gpu: {type: A10G}, ingress: {class: nginx, host: a.example.com, tlsSecret: tls, controllerNamespace: nginx, open: true}}]\n", nil},
	}
	for _, p := range serving.Policies() {
		if p.Settings != nil {
			files = append(files, useCaseFile{string(p.Name), "config:\n" + validCluster + monitored + model + "gpu: {type: A10G}, replicas: {max: 3}, scaling: " + scalingOf(t, p) + "}]\n", nil})
		}
	}
	var cases []*useCase
	for _, file := range files {
		var document struct{ Config map[string]any }
		if err := yaml.Unmarshal([]byte(file.yaml), &document); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, &useCase{name: file.name, account: file.account, values: document.Config, effects: map[int]string{}})
	}
	return cases
}

// typed is a place where a stack has a key: the steps that lead to it.
type typed struct {
	in    *useCase
	steps []any
}

// places adds the places of a value and of all values in it, by the path of the key.
func (u *useCase) places(found map[string][]typed, path string, steps []any, value any) {
	declared := strings.Replace(path, ".pin.", ".", 1)
	if below, ok := strings.CutPrefix(declared, "defaults."); ok {
		declared = "models[]." + below
	}
	found[declared] = append(found[declared], typed{u, steps})
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			u.places(found, strings.TrimPrefix(path+"."+strings.TrimPrefix(name, config.Namespace+":"), "."), append(slices.Clip(steps), name), inner)
		}
	case []any:
		for i, inner := range v {
			u.places(found, path+"[]", append(slices.Clip(steps), i), inner)
		}
	}
}

// replaced returns a value with another one at a place; nil removes it.
func replaced(value any, steps []any, by any) any {
	if len(steps) == 0 {
		return by
	}
	switch v := value.(type) {
	case map[string]any:
		name := steps[0].(string)
		inner := replaced(v[name], steps[1:], by)
		if v = maps.Clone(v); inner == nil {
			delete(v, name)
		} else {
			v[name] = inner
		}
		return v
	case []any:
		v = slices.Clone(v)
		v[steps[0].(int)] = replaced(v[steps[0].(int)], steps[1:], by)
		return v
	}
	return value
}

// others returns values of the key that differ.
func others(k *keys.Key, value any) []any {
	next := func(text string) string { return k.OneOf[(slices.Index(k.OneOf, text)+1)%len(k.OneOf)] }
	switch v := value.(type) {
	case bool:
		return []any{!v}
	case float64:
		if len(k.OneOf) > 0 {
			return []any{json.Number(next(fmt.Sprint(v)))}
		}
		var inRange []any
		candidates := []float64{v + 1, v - 1, v / 100}
		if r := k.Range; r != nil && r.Min != nil && r.Max != nil {
			candidates = append(candidates, *r.Min, *r.Max)
		}
		for _, x := range candidates {
			if whole := k.Kind == keys.Integer || k.Kind == keys.Integers; x != v && k.Range.Contains(x) && (!whole || x == float64(int(x))) {
				inRange = append(inRange, x)
			}
		}
		return inRange
	case string:
		if len(k.OneOf) > 0 {
			return []any{next(v)}
		}
		return []any{v + "x"}
	case []any:
		return []any{append(slices.Clone(v), v[0])}
	}
	return nil
}

// changes reports whether a stack is another one without a key, or with another value
// of it. That a required key is missing shows no use of it.
func (p typed) changes(t *testing.T, k *keys.Key) bool {
	t.Helper()
	model, steps := -1, slices.Clone(p.steps)
	if len(steps) > 1 && steps[0] == "vllm-eks:models" {
		model, steps[1] = steps[1].(int), 0
	}
	values, before := p.in.base(t, model)
	if !strings.HasPrefix(before, "[") {
		steps = p.steps
		values, before = p.in.base(t, -1)
	}
	for _, by := range append([]any{nil}, others(k, valueAt(values, steps...))...) {
		if by == nil && k.Required {
			continue
		}
		if p.in.effect(t, replaced(values, steps, by).(map[string]any), before) != before {
			return true
		}
	}
	return false
}

// TestEveryKeyChangesSomething drops each key, or gives it another value, where a stack
// has it: a resource, a size or a cost changes, or a problem is reported.
func TestEveryKeyChangesSomething(t *testing.T) {
	// Keys that change nothing, each with the reason.
	changesNothing := map[string]string{}
	found := map[string][]typed{}
	for _, u := range useCases(t) {
		if _, effect := u.base(t, -1); !strings.HasPrefix(effect, "[") {
			t.Fatalf("the stack %s is refused: %s", u.name, effect)
		}
		u.places(found, "", nil, u.values)
	}
	declared, err := config.Keys()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range declared.List() {
		if k.Mapping != nil {
			continue // the keys below it
		}
		changes := slices.ContainsFunc(found[k.Path], func(p typed) bool { return p.changes(t, k) })
		switch reason := changesNothing[k.Path]; {
		case !changes && reason == "":
			t.Errorf("%s changes no resource, size or problem in %d places; use it, or say why in changesNothing", k.Path, len(found[k.Path]))
		case changes && reason != "":
			t.Errorf("%s changes something after all; remove it from changesNothing", k.Path)
		}
	}
}
