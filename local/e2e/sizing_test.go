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

// testSizing compares the stack's outputs with the metrics of the running replicas, and finds
// the sizing table in a preview.
func testSizing(t *testing.T, s *stack) {
	var summaries map[string]string
	output := s.pulumi("stack", "output", "sizing", "--json", "--stack="+stackName)
	if err := json.Unmarshal([]byte(output), &summaries); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for service, row := range map[string]string{"mistral-7b": "13.5 GiB", "qwen-7b": "14.2 GiB"} {
		exposed := exposedTokens(t, service)
		if predicted := strings.ReplaceAll(summaries[service], ",", ""); exposed == 0 || !strings.Contains(predicted, fmt.Sprintf(" %d KV tokens ", exposed)) {
			t.Errorf("%s: %q predicted, %d tokens of KV cache exposed by the replica", service, summaries[service], exposed)
		}
		preview := s.pulumi("preview", "--stack="+stackName)
		if !regexp.MustCompile(service + ` +1 × A10G +fits +` + row).MatchString(preview) {
			t.Errorf("the preview has no row of %s:\n%s", service, preview)
		}
	}
}

// exposedTokens returns the size of the KV cache in a replica's metrics.
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
