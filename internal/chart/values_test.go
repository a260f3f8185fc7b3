package chart

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

// read returns values in the form of the configuration.
func read(t *testing.T, text string) map[string]any {
	t.Helper()
	values := map[string]any{}
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	return values
}

func TestMergeKeepsTheProgramsValues(t *testing.T) {
	program := read(t, `{"a": 1, "m": {"n": "ours"}, "list": [1], "resources": {"limits": {"memory": "1Gi"}}}`)
	tests := []struct{ name, user, want string }{
		{"nothing", `{}`, `{"a": 1, "m": {"n": "ours"}, "list": [1], "resources": {"limits": {"memory": "1Gi"}}}`},
		{"another key", `{"b": 2}`, `{"a": 1, "b": 2, "m": {"n": "ours"}, "list": [1], "resources": {"limits": {"memory": "1Gi"}}}`},
		{"beside", `{"m": {"o": [2]}}`, `{"a": 1, "m": {"n": "ours", "o": [2]}, "list": [1], "resources": {"limits": {"memory": "1Gi"}}}`},
		{"the same", `{"a": 2, "m": {"n": "theirs"}, "list": [2]}`, `{"a": 1, "m": {"n": "ours"}, "list": [1], "resources": {"limits": {"memory": "1Gi"}}}`},
		{"resources", `{"resources": {"limits": {"memory": "2Gi", "cpu": "1"}}}`,
			`{"a": 1, "m": {"n": "ours"}, "list": [1], "resources": {"limits": {"memory": "2Gi", "cpu": "1"}}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, want := Merge(program, read(t, test.user)), read(t, test.want); !reflect.DeepEqual(got, want) {
				t.Errorf("merged to %v, want %v", got, want)
			}
		})
	}
	if want := read(t, `{"n": "ours"}`); !reflect.DeepEqual(program["m"], want) {
		t.Errorf("the program's own values have become %v", program)
	}
}

func TestCheckValues(t *testing.T) {
	program := read(t, `{"a": 1, "m": {"n": "x"}, "list": [1], "resources": {"limits": {"memory": "1Gi"}}}`)
	setBy := SetBy{"operator.replicaCount": "keda.replicas", "storage": ""}
	tests := []struct{ name, user, want string }{
		{"another", `{"b": 1, "m": {"o": 1}, "c": {"d": [1, "x"]}}`, ""},
		{"resources", `{"resources": {"limits": {"memory": "2Gi"}}}`, ""},
		{"set", `{"m": {"n": "y"}}`, "keda.values.m.n: forbidden"},
		{"set, a mapping", `{"m": 1}`, "keda.values.m: forbidden"},
		{"set, no mapping", `{"a": {"b": 1}}`, "keda.values.a: forbidden"},
		{"set, a list", `{"list": [2]}`, "keda.values.list: forbidden"},
		{"set by a key", `{"operator": {"replicaCount": 2}}`, "keda.values.operator.replicaCount: forbidden"},
		{"set, and all below", `{"storage": {"size": 1}}`, "keda.values.storage: forbidden"},
		{"removed", `{"b": null}`, "keda.values.b: invalid"},
		{"removed below", `{"b": [{"c": null}]}`, "keda.values.b[0].c: invalid"},
		{"password", `{"smtp": {"password": "hunter2"}}`, "keda.values.smtp.password: invalid"},
		{"token in a list", `{"x": [{"authToken": "hunter2"}]}`, "keda.values.x[0].authToken: invalid"},
		{"variable", `{"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}`, "keda.values.env[0].value: invalid"},
		{"address", `{"remote": "https://me:hunter2@example.com"}`, "keda.values.remote: invalid"},
		{"webhook", `{"config": {"global": {"slack_api_url": "https://hunter2"}}}`, "keda.values.config.global.slack_api_url: invalid"},
		{"where a secret is", `{"existingSecret": "s", "configSecret": "c", "passwordKey": "k", "tokenFile": "/t", "secretName": "n", "tokenTTL": "1h", "imagePullSecrets": [{"name": "r"}]}`, ""},
		{"AWS", `{"env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "hunter2"}]}`, "keda.values.env[0].value: invalid"},
		{"an empty password", `{"password": ""}`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var found field.ErrorList
			CheckValues(&found, field.NewPath("keda", "values"), program, read(t, test.user), setBy)
			err := problems.Err(found)
			if got := strings.Join(problemstest.Kinds(err), ", "); got != test.want {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}

// TestTheKeyThatSetsAValueIsNamed holds the advice of a refusal.
func TestTheKeyThatSetsAValueIsNamed(t *testing.T) {
	var found field.ErrorList
	CheckValues(&found, field.NewPath("keda", "values"), nil, read(t, `{"operator": {"replicaCount": 2}}`), SetBy{"operator.replicaCount": "keda.replicas"})
	problemstest.Check(t, problems.Err(found), []string{"keda.values.operator.replicaCount: forbidden"},
		[]string{"keda.values.operator.replicaCount: is set by keda.replicas; remove it, and set that key"})
}
