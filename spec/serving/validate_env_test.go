package serving

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
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
		if got := len(found) == 1 && strings.Contains(found[0].Detail, "looks like a secret"); got != refused {
			t.Errorf("%s: refused is %t, want %t: %v", name, got, refused, found)
		}
	}
}
