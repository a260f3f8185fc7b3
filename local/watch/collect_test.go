package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/components/monitoring/rules"
	"github.com/vllm-eks/vllm-eks/local/watch/page"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
)

// TestPageQueries checks that each query of the dashboards is for the right models.
func TestPageQueries(t *testing.T) {
	f := &fakePrometheus{models: []string{"other/chat", "inference/chat", "inference/code"}}
	p, err := f.start(t).page(t.Context(), "code", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, panel := range dashboards.Panels() {
		namespace, service := "(inference|other)", "(chat|code)"
		if panel.Dashboard == "model" {
			namespace, service = "inference", "code"
		}
		for _, q := range panel.Queries {
			want[dashboards.Select(q.Expr, namespace, service)] = true
		}
	}
	for _, a := range dashboards.Annotations() {
		want[dashboards.Select(a.Expr, "(inference|other)", "(chat|code)")] = true
	}
	got := map[string]bool{}
	for _, query := range f.queries {
		if got[query] = true; !want[query] {
			t.Errorf("a query is %s", query)
		}
	}
	if len(got) != len(want) {
		t.Errorf("there are %d different queries, want %d", len(got), len(want))
	}
	for _, section := range p.Sections {
		for _, row := range section.Rows {
			for _, panel := range row.Panels {
				if len(panel.Results) != len(panel.Queries) || panel.Problem != "" {
					t.Errorf("%s: %d results of %d queries, %s", panel.Title, len(panel.Results), len(panel.Queries), panel.Problem)
				}
			}
		}
	}
	if len(p.Sections) != len(dashboards.List()) || len(p.Events) != 4 {
		t.Errorf("the page has %d sections and %d events", len(p.Sections), len(p.Events))
	}
}

func TestPatternIsInsideAString(t *testing.T) {
	if got, want := choose(`up{service=~"${service}"}`, []string{`a/b.c"} or d`}), `up{service=~"b\\.c\"\\} or d"}`; got != want {
		t.Errorf("the query is %s, want %s", got, want)
	}
}

func TestFailedQuery(t *testing.T) {
	f := &fakePrometheus{models: []string{"inference/chat"}, failed: rules.USDPerHour}
	p, err := f.start(t).page(t.Context(), "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, section := range p.Sections {
		for _, row := range section.Rows {
			for _, panel := range row.Panels {
				uses := slices.ContainsFunc(panel.Queries, func(q dashboards.Query) bool { return strings.Contains(q.Expr, rules.USDPerHour) })
				if uses {
					failed++
				}
				if uses != strings.Contains(panel.Problem, "query timed out") {
					t.Errorf("%s: the problem is %q", panel.Title, panel.Problem)
				}
			}
		}
	}
	if failed == 0 {
		t.Error("no panel uses the query that fails")
	}
}

// TestFailedEvents checks that the panels do not depend on the queries of the events.
func TestFailedEvents(t *testing.T) {
	f := &fakePrometheus{models: []string{"inference/chat"}, failed: "changes("}
	p, err := f.start(t).page(t.Context(), "", time.Now())
	if err != nil || len(p.Events) != 0 || !strings.Contains(p.EventsProblem, "query timed out") || len(p.Sections) != len(dashboards.List()) {
		t.Fatalf("%v, %d events, %q, %d sections", err, len(p.Events), p.EventsProblem, len(p.Sections))
	}
	text, err := page.Render(p)
	if err != nil || !bytes.Contains(text, []byte("Events: prometheus: the query failed: query timed out")) || !bytes.Contains(text, []byte(`class="line`)) {
		t.Errorf("%v: the page lacks the problem or the charts", err)
	}
}

// TestPageIsBounded checks that a Prometheus that answers no query of a range delays the page by
// its patience, and that the user does not wait for it.
func TestPageIsBounded(t *testing.T) {
	f := &fakePrometheus{models: []string{"inference/chat"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _ = r.ParseForm(); r.URL.Path == "/api/v1/query_range" {
			<-r.Context().Done()
			return
		}
		f.ServeHTTP(w, r)
	}))
	defer server.Close()
	s := source{client: prometheus.Client{Address: server.URL}, patience: 50 * time.Millisecond}
	began := time.Now()
	p, err := s.page(t.Context(), "", began)
	if err != nil || time.Since(began) > 5*time.Second {
		t.Fatalf("%v after %s", err, time.Since(began))
	}
	for _, section := range p.Sections {
		for _, row := range section.Rows {
			for _, panel := range row.Panels {
				if !strings.Contains(panel.Problem, "does not answer") {
					t.Errorf("%s: the problem is %q", panel.Title, panel.Problem)
				}
			}
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	s.patience = time.Hour
	if _, err := s.page(ctx, "", began); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the end of the user's context is the error %v", err)
	}
}

func TestWritePage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "models.html")
	f := &fakePrometheus{models: []string{"inference/chat"}}
	var out bytes.Buffer
	if err := writePage(t.Context(), f.start(t), "", file, &out); err != nil || out.String() != "Wrote "+file+".\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !bytes.Contains(text, []byte("<h4>Time to first token (TTFT)</h4>")) || bytes.Contains(text, []byte("?model=")) || bytes.Contains(text, []byte(`http-equiv="refresh"`)) {
		t.Errorf("the file has %d bytes, %v; want the panels without links to a server", len(text), err)
	}
	if err := writePage(t.Context(), f.start(t), "", file+"/no/folder.html", &out); err == nil || !strings.HasPrefix(err.Error(), "PAGE: ") {
		t.Errorf("the error is %v", err)
	}
}
