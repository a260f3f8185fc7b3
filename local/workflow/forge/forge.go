// Package forge is a fake of the parts of GitHub's and GitLab's API that the template calls:
// comments of a pull request or notes of a merge request, and issues. It refuses every other
// request. Sources: docs.github.com/en/rest/issues/comments and …/issues (2022-11-28),
// docs.gitlab.com/api/notes and …/issues (read 2026-11-30).
package forge

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Repository and number of the pull request; project and number of the merge request.
const (
	Repository  = "acme/llm"
	PullRequest = "7"
	Project     = "42"
)

// Text is a comment, a note or an issue.
type Text struct {
	ID          int
	Title, Body string
	Closed      bool
	// Others reports whether another user wrote it.
	Others bool
}

// Server is a fake API.
type Server struct {
	Token    string
	mutex    sync.Mutex
	comments []Text
	issues   []Text
	// refused are the requests that the API does not have.
	refused  []string
	listener *httptest.Server
}

// New starts a server on this machine's loopback, until the end of a test.
func New(t testing.TB, token string) *Server {
	t.Helper()
	s := &Server{Token: token}
	s.listener = httptest.NewServer(s)
	t.Cleanup(s.listener.Close)
	return s
}

// URL returns the address of the API.
func (s *Server) URL() string { return s.listener.URL }

// Comments returns the comments, or those of the issues.
func (s *Server) Comments() []Text {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.comments)
}

// Issues returns the issues.
func (s *Server) Issues() []Text {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.issues)
}

// Refused returns the requests that the server refused.
func (s *Server) Refused() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.refused)
}

// Write adds a comment of another user.
func (s *Server) Write(body string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.comments = append(s.comments, Text{ID: 100 + len(s.comments), Body: body, Others: true})
}

// route is a path of one API.
type route struct {
	gitlab bool
	list   *[]Text
	body   string // the name of a text in requests and responses
}

// paths match the path of a list, and of an item by its number.
var paths = regexp.MustCompile(`^/(?:repos/acme/llm/(issues/7/comments|issues/comments|issues)|projects/42/(merge_requests/7/notes|issues))(?:/(\d+))?$`)

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	body, err := io.ReadAll(r.Body)
	status, answer := http.StatusUnauthorized, any(map[string]string{"message": "Bad credentials"})
	if err == nil && r.Header.Get("Authorization") == "Bearer "+s.Token {
		status, answer = s.answer(r, body)
	}
	if status >= http.StatusBadRequest {
		s.refused = append(s.refused, fmt.Sprintf("%s %s: %d", r.Method, r.URL.Path, status))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // the client may have ended
}

var notFound = map[string]string{"message": "Not Found"}

func (s *Server) answer(r *http.Request, body []byte) (int, any) {
	if r.Method == http.MethodGet && r.URL.Path == "/user" {
		return http.StatusOK, map[string]int{"id": own}
	}
	found := paths.FindStringSubmatch(r.URL.Path)
	if found == nil {
		return http.StatusNotFound, notFound
	}
	to := route{gitlab: found[2] != "", list: &s.issues, body: "body"}
	switch {
	case strings.HasSuffix(found[1]+found[2], "comments") || strings.HasSuffix(found[1]+found[2], "notes"):
		to.list = &s.comments
	case to.gitlab:
		to.body = "description"
	}
	// GitHub changes a comment by its number alone.
	alone := found[1] == "issues/comments"
	update := http.MethodPatch
	if to.gitlab {
		update = http.MethodPut
	}
	switch {
	case r.Method == http.MethodGet && found[3] == "" && !alone:
		return to.page(r)
	case r.Method == http.MethodPost && found[3] == "" && !alone:
		return to.create(body)
	case r.Method == update && found[3] != "" && found[1] != "issues/7/comments":
		return to.update(found[3], body)
	}
	return http.StatusMethodNotAllowed, notFound
}

// own is the number of the token's user, and others of another user.
const (
	own    = 1
	others = 2
)

// page returns a page of the open texts.
func (to route) page(r *http.Request) (int, any) {
	query := r.URL.Query()
	size, sizeErr := strconv.Atoi(query.Get("per_page"))
	number, numberErr := strconv.Atoi(query.Get("page"))
	if sizeErr != nil || numberErr != nil || size < 1 || size > 100 || number < 1 {
		return http.StatusUnprocessableEntity, map[string]string{"message": "per_page and page are wrong"}
	}
	items := []any{}
	for _, text := range *to.list {
		if !text.Closed {
			items = append(items, to.item(text))
		}
	}
	first := min((number-1)*size, len(items))
	return http.StatusOK, items[first:min(first+size, len(items))]
}

// item returns a text as the API does.
func (to route) item(t Text) map[string]any {
	item := map[string]any{"id": t.ID, to.body: t.Body, "title": t.Title}
	author, login := own, "github-actions[bot]"
	if t.Others {
		author, login = others, "somebody"
	}
	if to.gitlab {
		item["author"], item["iid"] = map[string]any{"id": author}, t.ID
	} else {
		item["user"], item["number"] = map[string]any{"login": login}, t.ID
	}
	return item
}

// fields decodes a body, whose names must be known.
func (to route) fields(body []byte, names ...string) (map[string]string, bool) {
	var fields map[string]string
	if json.Unmarshal(body, &fields) != nil || len(fields) == 0 {
		return nil, false
	}
	for name := range fields {
		if !slices.Contains(names, name) {
			return nil, false
		}
	}
	return fields, len(fields[to.body]) <= 65536
}

var unprocessable = map[string]string{"message": "Validation Failed"}

func (to route) create(body []byte) (int, any) {
	fields, ok := to.fields(body, to.body, "title")
	if !ok || fields[to.body] == "" {
		return http.StatusUnprocessableEntity, unprocessable
	}
	text := Text{ID: 100 + len(*to.list), Title: fields["title"], Body: fields[to.body]}
	*to.list = append(*to.list, text)
	return http.StatusCreated, to.item(text)
}

func (to route) update(id string, body []byte) (int, any) {
	fields, ok := to.fields(body, to.body, "state", "state_event")
	if !ok {
		return http.StatusUnprocessableEntity, unprocessable
	}
	for i, text := range *to.list {
		if strconv.Itoa(text.ID) != id {
			continue
		}
		if text.Others {
			return http.StatusForbidden, notFound
		}
		if fields[to.body] != "" {
			text.Body = fields[to.body]
		}
		text.Closed = fields["state"] == "closed" || fields["state_event"] == "close"
		(*to.list)[i] = text
		return http.StatusOK, to.item(text)
	}
	return http.StatusNotFound, notFound
}
