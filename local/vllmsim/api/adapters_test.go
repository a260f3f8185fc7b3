package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

// withAdapters serves two adapters, one per batch.
func withAdapters(t *testing.T) *fixture {
	t.Helper()
	return serve(t, func(c *Config, e *engine.Config) {
		c.Adapters = []Adapter{{Name: "sql", Path: "/adapters/sql", Parent: "m"}, {Name: "legal", Path: "org/legal", Parent: "alias"}}
		e.MaxLoRAs = 1
	})
}

func TestAdaptersAreListedAfterTheModel(t *testing.T) {
	status, body := withAdapters(t).get(t, "/v1/models")
	var list struct {
		Data []struct {
			ID, Root, Parent string
			MaxModelLen      *int `json:"max_model_len"`
		}
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v: %s", status, err, body)
	}
	var got []string
	for _, m := range list.Data {
		got = append(got, strings.Join([]string{m.ID, m.Root, m.Parent}, " "))
		if isAdapter := m.Parent != ""; isAdapter != (m.MaxModelLen == nil) {
			t.Errorf("%s has a max_model_len of %v", m.ID, m.MaxModelLen)
		}
	}
	if want := "m org/m , alias org/m , sql /adapters/sql m, legal org/legal alias"; strings.Join(got, ", ") != want {
		t.Errorf("listed: %q, want %q", strings.Join(got, ", "), want)
	}
}

func TestResponsesNameTheAdapter(t *testing.T) {
	f := withAdapters(t)
	for model, want := range map[string]string{"sql": "sql", "legal": "legal", "m": "m", "alias": "m", "": "m"} {
		for path, rest := range map[string]string{
			"/v1/completions":      `"prompt":"x"`,
			"/v1/chat/completions": `"messages":[{"role":"user","content":"x"}]`,
		} {
			status, body := f.post(t, path, `{"model":"`+model+`","max_tokens":2,`+rest+`}`)
			if status != http.StatusOK || !strings.Contains(body, `"model":"`+want+`"`) {
				t.Errorf("%s of %q: %d %s", path, model, status, body)
			}
			_, stream := f.post(t, path, `{"model":"`+model+`","max_tokens":2,"stream":true,`+rest+`}`)
			for _, event := range events(t, stream) {
				if event["model"] != want {
					t.Errorf("%s of %q streams %v", path, model, event)
				}
			}
		}
		if status, body := f.post(t, "/tokenize", `{"model":"`+model+`","prompt":"x"}`); status != http.StatusOK {
			t.Errorf("tokenize of %q: %d %s", model, status, body)
		}
	}
	status, body := f.post(t, "/v1/completions", `{"model":"poems","prompt":"x"}`)
	if status != http.StatusNotFound || !strings.Contains(body, "The model `poems` does not exist.") {
		t.Errorf("an unknown adapter: %d %s", status, body)
	}
}
