package serving

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
)

// TestVariablesThatHoldSecretsAreRefused goes by their names.
func TestVariablesThatHoldSecretsAreRefused(t *testing.T) {
	for name, refused := range map[string]bool{
		"TOKEN": true, "GITHUB_TOKEN": true, "github_token": true,
		"PASSWORD": true, "DB_PASSWORD": true, "DB_PASSWD": true, "KEY_PASSPHRASE": true,
		"SECRET": true, "CLIENT_SECRET": true, "GOOGLE_CREDENTIALS": true,
		"AWS_SECRET_ACCESS_KEY": true, "ACCESS_KEY_ID": true, "AWS_ACCESS_KEY_ID": true, "OPENAI_API_KEY": true,
		"VLLM_LOGGING_LEVEL": false, "TOKENIZERS_PARALLELISM": false, "VLLM_MAX_TOKENS": false, "NOTSECRET": false, "SECRETARY": false,
	} {
		var found field.ErrorList
		validateEnv(&found, field.NewPath("env"), Spec{Env: map[string]string{name: "value"}})
		var want []string
		if refused {
			want = []string{"env." + name + ": invalid"}
		}
		if got := problemstest.KindsOf(found); !slices.Equal(got, want) {
			t.Errorf("%s: the problems are %q, want %q", name, got, want)
		}
	}
}

// TestVariablesOfTracesAreRefused holds that users set no variable a second time: each that a
// model has only while it sends traces.
func TestVariablesOfTracesAreRefused(t *testing.T) {
	traced, silent := Spec{Traces: Traces{CollectorURL: "http://collector:4318"}}, Spec{Traces: Traces{CollectorURL: "http://collector:4318", Percent: new(0.0)}}
	names := map[string]int{}
	for _, v := range Environment(traced) {
		names[v.Name]++
	}
	for _, v := range Environment(silent) {
		names[v.Name]--
	}
	refused := 0
	for name, n := range names {
		if n == 0 {
			continue
		}
		refused++
		for _, s := range []Spec{traced, silent} {
			s.Env = map[string]string{name: "value"}
			var found field.ErrorList
			validateEnv(&found, field.NewPath("env"), s)
			want := []string{"env." + name + ": forbidden"}
			if !s.Traces.enabled() {
				want = nil
			}
			if got := problemstest.KindsOf(found); !slices.Equal(got, want) {
				t.Errorf("%s, traces on: %t: the problems are %q, want %q", name, s.Traces.enabled(), got, want)
			}
		}
	}
	if refused != 6 {
		t.Errorf("traces add %d variables, want 6: %v", refused, names)
	}
}
