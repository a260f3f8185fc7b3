package manifest

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// TestPatchProblemsNameTheField checks that a problem of a patch has the field, what was
// got and what is wanted, and no words of Go.
func TestPatchProblemsNameTheField(t *testing.T) {
	tests := []struct{ name, patch, want string }{
		{"a string for a number", `{"spec":{"priority":"a"}}`, "spec.priority is a string, want a whole number"},
		{"a fraction for a whole number", `{"spec":{"containers":[{"name":"vllm","ports":[{"containerPort":1.5}]}]}}`, "spec.containers.ports.containerPort is 1.5, want a whole number"},
		{"a mapping for a list", `{"spec":{"containers":{}}}`, "spec.containers is a mapping, want a list"},
		{"a number for a mapping", `{"spec":1}`, "spec is a number, want a mapping"},
		{"a boolean for a number", `{"spec":{"terminationGracePeriodSeconds":true}}`, "spec.terminationGracePeriodSeconds is true or false, want a whole number"},
		{"a list for a port", `{"spec":{"containers":[{"name":"vllm","livenessProbe":{"httpGet":{"port":[]}}}]}}`, "spec.containers.livenessProbe.httpGet.port is a list, want"},
		{"a list", `[]`, "the patch is a list, want a mapping"},
		{"an unknown field", `{"spec":{"hostNetwrok":true}}`, "has spec.hostNetwrok, a field that pod templates do not have"},
		{"a field twice", `{"spec":{"priority":1,"priority":1}}`, "has spec.priority twice"},
		{"a quantity", `{"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":"zz"}}}]}}`, "has a quantity that is none, want one such as"},
		{"a time", `{"metadata":{"creationTimestamp":"x"}}`, `has the time "x", want one such as`},
		{"an item without a name", `{"spec":{"containers":[{"image":"x"}]}}`, "has an item of a list without name"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found := Validate(serving.Spec{Name: "chat", Namespace: "inference", Model: serving.Model{ID: "org/m"}, PodPatch: test.patch}.WithDefaults(), field.NewPath("chat"))
			if len(found) != 1 || found[0].Field != "chat.podPatch" || !strings.HasPrefix(found[0].Detail, test.want) {
				t.Fatalf("the problems are %v, want one of chat.podPatch: %s", found, test.want)
			}
			for _, word := range []string{"unmarshal", "Go ", "json:", "v1."} {
				if strings.Contains(found[0].Detail, word) {
					t.Errorf("the message has %q: %s", word, found[0].Detail)
				}
			}
		})
	}
}
