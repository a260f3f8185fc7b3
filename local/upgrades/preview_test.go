package upgrades

import (
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/simulation"
)

const stackFile = `config:
  vllm-eks:apiKey: {secure: v1:a}
  vllm-eks:defaults: {traces: {percent: 5}, storage: {cache: true}}
  vllm-eks:models:
    - {name: chat, model: org/chat, storage: {cache: false}}
    - {name: code, model: org/code, lora: {adapters: [a]}}
`

// object returns a step of an object with a pod template, with its inputs before and after.
func object(op, kind, name, parent, before, after string) simulation.Step {
	inputs := func(template string) map[string]any {
		if template == "" {
			return nil
		}
		return map[string]any{"metadata": map[string]any{"name": name, "labels": template}, "spec": map[string]any{"replicas": len(template), "template": map[string]any{"image": strings.TrimSuffix(template, " again")}}}
	}
	return simulation.Step{
		Op: op, Type: "kubernetes:" + kind, URN: "urn:pulumi:dev::llm::kubernetes:" + kind + "::" + name, Custom: true,
		Parent: "urn:pulumi:dev::llm::" + parent, Old: inputs(before), New: inputs(after),
	}
}

func replica(op, name, before, after string) simulation.Step {
	return object(op, "apps/v1:Deployment", name, modelType+"::"+name, before, after)
}

func chart(op, name, after string) simulation.Step {
	inputs := func(version string) map[string]any {
		return map[string]any{"chart": "oci://registry/" + name, "version": version, "timeout": op, "values": map[string]any{"a": 1}}
	}
	return simulation.Step{Op: op, Type: "kubernetes:helm.sh/v3:Release", URN: "urn:pulumi:dev::llm::kubernetes:helm.sh/v3:Release::" + name, Parent: "urn:pulumi:dev::llm::vllm-eks:keda:KEDA::keda", Old: inputs("1"), New: inputs(after)}
}

func addon(op, name, after string) simulation.Step {
	inputs := func(version string) map[string]any {
		return map[string]any{"addonName": name, "addonVersion": version, "tags": op}
	}
	return simulation.Step{Op: op, Type: "aws:eks/addon:Addon", URN: "urn:pulumi:dev::llm::aws:eks/addon:Addon::" + name, Parent: "urn:pulumi:dev::llm::vllm-eks:cluster:Addons::addons", Old: inputs("1"), New: inputs(after)}
}

func TestProblems(t *testing.T) {
	models, err := Models(stackFile)
	if err != nil {
		t.Fatal(err)
	}
	const restart = `restart, and CHANGELOG.md does not list them after "Pods that restart:"`
	both := []simulation.Step{replica("update", "chat", "a", "b"), replica("update", "code", "a", "b")}
	code := []simulation.Step{replica("update", "chat", "a", "a again"), replica("update", "code", "a", "b")}
	for _, test := range []struct {
		name, listed string
		steps        []simulation.Step
		unknown      bool // the models' keys are unknown
		want         []string
	}{
		{name: "nothing changes", listed: "none.", steps: []simulation.Step{replica("same", "chat", "a", "a"), chart("same", "keda", "1")}},
		{name: "a new object", listed: "none.", steps: []simulation.Step{replica("create", "new", "", "a"), object("create", "core/v1:ConfigMap", "new", "", "", "a")}},
		{name: "an update without a restart", listed: "none.", steps: []simulation.Step{replica("update", "chat", "a", "a again"), chart("update", "keda", "1"), addon("update", "coredns", "1")}},
		{name: "a name without an alias", listed: "none.", steps: []simulation.Step{object("create", "core/v1:Service", "new", "", "", "a"), object("delete", "core/v1:Service", "old", "", "a", "")},
			want: []string{"delete urn:pulumi:dev::llm::kubernetes:core/v1:Service::old: "}},
		{name: "another version of a plug-in", listed: "none.", steps: []simulation.Step{
			{Op: "create", Type: "pulumi:providers:vllm-eks", URN: "urn:pulumi:dev::llm::pulumi:providers:vllm-eks::default_0_2_0"},
			{Op: "delete", Type: "pulumi:providers:vllm-eks", URN: "urn:pulumi:dev::llm::pulumi:providers:vllm-eks::default_0_1_0"},
			{Op: "delete", Type: "pulumi:providers:kubernetes", URN: "urn:pulumi:dev::llm::pulumi:providers:kubernetes::cluster"},
		}, want: []string{"delete urn:pulumi:dev::llm::pulumi:providers:kubernetes::cluster: "}},
		{name: "another value of an immutable field", listed: "the replicas of every model.", steps: []simulation.Step{replica("replace", "chat", "a", "b")},
			want: []string{"replace urn:pulumi:dev::llm::kubernetes:apps/v1:Deployment::chat: ", "the replicas of the model chat do not restart, and CHANGELOG.md lists them"}},
		{name: "a restart that is not listed", listed: "none.", steps: both, want: []string{"the replicas of the model chat " + restart, "the replicas of the model code " + restart}},
		{name: "listed restarts", listed: "the replicas of every model.", steps: both},
		{name: "a listed restart that does not happen", listed: "the replicas of every model.", steps: code, want: []string{"the replicas of the model chat do not restart, and CHANGELOG.md lists them"}},
		{name: "models with a key", listed: "the replicas of models with `lora.adapters`.", steps: code},
		{name: "a key of the defaults that a model changes", listed: "the replicas of models with `storage.cache`.", steps: code},
		{name: "a key of the defaults", listed: "the replicas of models with `traces`.", steps: code, want: []string{"the replicas of the model chat do not restart"}},
		{name: "another default of a key", listed: "the replicas of models without `lora`.", steps: code, want: []string{"the replicas of the model chat do not restart", "the replicas of the model code " + restart}},
		{name: "a key of the stack", listed: "the replicas of models with `apiKey`.", steps: both},
		{name: "a key that nobody sets", listed: "the replicas of models with `queue`.", steps: both, want: []string{"the replicas of the model chat " + restart, "the replicas of the model code " + restart}},
		{name: "keys that are not known", listed: "the replicas of models with `queue`.", steps: code, unknown: true},
		{name: "restarts of models whose keys are not known", listed: "none.", steps: code, unknown: true, want: []string{"the replicas of the model code " + restart}},
		{name: "a chart, an add-on and a DaemonSet", listed: "the pods of `keda`, the pods of `coredns` and the pods of `collector`.",
			steps: []simulation.Step{chart("update", "keda", "2"), addon("update", "coredns", "2"), object("update", "apps/v1:DaemonSet", "collector", "vllm-eks:telemetry:Telemetry::telemetry", "a", "b")}},
		{name: "a chart and an add-on that are not listed", listed: "the replicas of every model.", steps: []simulation.Step{chart("update", "keda", "2"), addon("update", "coredns", "2")},
			want: []string{"the pods of `coredns` " + restart, "the pods of `keda` " + restart}},
		{name: "one of two releases of a chart", listed: "the pods of `keda`.", steps: []simulation.Step{chart("update", "keda", "2"), chart("same", "keda", "1")}},
		{name: "a model with the name of a chart", listed: "the pods of `keda`.", steps: []simulation.Step{replica("update", "keda", "a", "b")}, want: []string{"the replicas of the model keda " + restart}},
		{name: "nodes", listed: "every pod of created clusters.", steps: []simulation.Step{replica("same", "chat", "a", "a")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			listed, err := ParseRestarts(test.listed)
			if err != nil {
				t.Fatal(err)
			}
			with := models
			if test.unknown {
				with = nil
			}
			got := Problems(test.steps, Workloads(test.steps, with), listed)
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// TestEveryOperationIsKnown holds that a step which deletes is reported whatever it is called.
func TestEveryOperationIsKnown(t *testing.T) {
	for op, want := range map[string]bool{
		"same": false, "create": false, "update": false, "read": false, "refresh": false, "import": false, "discard": false,
		"delete": true, "replace": true, "create-replacement": true, "delete-replaced": true, "remove-pending-replace": true,
	} {
		steps := []simulation.Step{object(op, "core/v1:Service", "a", "", "a", "a")}
		if got := Problems(steps, Workloads(steps, nil), nil); len(got) == 1 != want {
			t.Errorf("%s: %v, want a problem: %t", op, got, want)
		}
	}
}

func TestUnused(t *testing.T) {
	models, err := Models(stackFile)
	if err != nil {
		t.Fatal(err)
	}
	workloads := Workloads([]simulation.Step{replica("same", "chat", "a", "a"), replica("same", "code", "a", "a"), chart("same", "kps", "1")}, models)
	listed, err := ParseRestarts("the replicas of models with `lora`, the replicas of models with `queue`, the pods of `kps`, the pods of `chat`, every pod of created clusters.")
	if err != nil {
		t.Fatal(err)
	}
	want := []Item{{ModelsWith, "queue"}, {PodsOf, "chat"}}
	if got := listed.Unused(workloads); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !listed.Replaces() || listed[:4].Replaces() {
		t.Errorf("nodes: %t and %t", listed.Replaces(), listed[:4].Replaces())
	}
}

func TestModelsNeedANameAndYAML(t *testing.T) {
	for text, want := range map[string]string{"config: [": "the stack's file: ", "config: {vllm-eks:models: [{name: a}, {}]}": "models[1].name: is missing"} {
		if _, err := Models(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
