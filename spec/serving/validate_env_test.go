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
		validateEnv(&found, field.NewPath("env"), map[string]string{name: "value"})
		var want []string
		if refused {
			want = []string{"env." + name + ": invalid"}
		}
		if got := problemstest.KindsOf(found); !slices.Equal(got, want) {
			t.Errorf("%s: the problems are %q, want %q", name, got, want)
		}
	}
}
