//go:build cluster

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// testSizing compares the stack's outputs with what the running engines say of
// themselves, and looks for the table in a preview.
func testSizing(t *testing.T, s *stack) {
	for service, row := range map[string]string{"mistral-7b": "13.5 GiB", "qwen-7b": "14.2 GiB"} {
		var predicted struct {
			KVCacheTokens int `json:"kvCacheTokens"`
			MaxNumSeqs    int `json:"maxNumSeqs"`
			Verdict       string
		}
		output := s.pulumi("stack", "output", "sizing-"+service, "--json", "--stack="+stackName)
		if err := json.Unmarshal([]byte(output), &predicted); err != nil {
			t.Fatalf("%v: %s", err, output)
		}
		if got := exposedTokens(t, service); got == 0 || got != predicted.KVCacheTokens {
			t.Errorf("%s: %d tokens of KV cache predicted, %d exposed by the engine", service, predicted.KVCacheTokens, got)
		}
		args := kubectl(t, "--namespace="+testSpace, "get", "deployment", service, "--output=jsonpath={.spec.template.spec.containers[0].args}")
		if want := fmt.Sprintf(`"--max-num-seqs","%d"`, predicted.MaxNumSeqs); predicted.MaxNumSeqs == 0 || !strings.Contains(args, want) {
			t.Errorf("%s: the arguments %s do not have %s", service, args, want)
		}
		if predicted.Verdict != "fits" {
			t.Errorf("%s %s", service, predicted.Verdict)
		}
		preview := s.pulumi("preview", "--stack="+stackName)
		if !regexp.MustCompile(service + ` +1 × A10G +fits +` + row).MatchString(preview) {
			t.Errorf("the preview has no row of %s:\n%s", service, preview)
		}
	}
}

// exposedTokens is the size of the KV cache in the engine's metrics.
func exposedTokens(t *testing.T, service string) int {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Get(serviceURL(t, service) + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`vllm:cache_config_info\{[^}]*kv_cache_size_tokens="(\d+)"`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("no size of the cache in\n%.2000s", text)
	}
	tokens, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}
