package forge

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestServerIsStrict holds that a client cannot pass with a wrong request.
func TestServerIsStrict(t *testing.T) {
	s := New(t, "token")
	send := func(method, path, token, body string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(text)
	}
	const github, gitlab = "/repos/acme/llm/issues/7/comments", "/projects/42/merge_requests/7/notes"
	for _, c := range []struct {
		method, path, token, body string
		status                    int
		answer                    string
	}{
		{"POST", github, "other", `{"body":"a"}`, 401, "Bad credentials"},
		{"POST", github, "token", `{"body":"a","x":"y"}`, 422, ""},
		{"POST", github, "token", `{"body":""}`, 422, ""},
		{"POST", github, "token", `{"body":"` + strings.Repeat("a", 65537) + `"}`, 422, ""},
		{"POST", github, "token", `{"body":"a"}`, 201, `"login":"github-actions[bot]"`},
		{"POST", gitlab, "token", `{"body":"b"}`, 201, `"author":{"id":1}`},
		{"GET", github, "token", "", 422, ""},
		{"GET", github + "?per_page=1&page=2", "token", "", 200, `"body":"b"`},
		{"GET", github + "?per_page=1&page=3", "token", "", 200, "[]\n"},
		{"PATCH", github + "/100", "token", `{"body":"c"}`, 405, ""},
		{"PUT", "/repos/acme/llm/issues/comments/100", "token", `{"body":"c"}`, 405, ""},
		{"PATCH", "/repos/acme/llm/issues/comments/100", "token", `{"body":"c"}`, 200, `"body":"c"`},
		{"PATCH", "/repos/acme/llm/issues/comments/999", "token", `{"body":"c"}`, 404, ""},
		{"PUT", gitlab + "/101", "token", `{"body":"d"}`, 200, `"body":"d"`},
		{"GET", "/repos/acme/other/issues", "token", "", 404, ""},
		{"DELETE", github + "/100", "token", "", 405, ""},
		{"POST", "/projects/42/issues", "token", `{"title":"t","description":"e"}`, 201, `"iid":100`},
		{"PUT", "/projects/42/issues/100", "token", `{"state_event":"close"}`, 200, ""},
		{"GET", "/user", "token", "", 200, `"id":1`},
	} {
		if status, answer := send(c.method, c.path, c.token, c.body); status != c.status || !strings.Contains(answer, c.answer) {
			t.Errorf("%s %s %.40s: got %d %s, want %d %s", c.method, c.path, c.body, status, answer, c.status, c.answer)
		}
	}
	s.Write("of another")
	if status, _ := send("PATCH", "/repos/acme/llm/issues/comments/102", "token", `{"body":"c"}`); status != 403 {
		t.Errorf("the comment of another user can be changed: %d", status)
	}
	if found := s.Issues(); len(found) != 1 || !found[0].Closed || len(s.Comments()) != 3 || len(s.Refused()) != 11 {
		t.Errorf("the issues are %+v, the comments %+v, the refused requests %q", found, s.Comments(), s.Refused())
	}
}
