package prometheus

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestRange(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const want = "POST /prefix/api/v1/query_range a > 1 1790000000.500 1790003600.500 30"
		if got := fmt.Sprint(r.Method, " ", r.URL.Path, " ", r.PostFormValue("query"), " ", r.PostFormValue("start"), " ", r.PostFormValue("end"), " ", r.PostFormValue("step")); got != want {
			t.Errorf("the request is %s, want %s", got, want)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {"a": "b"}, "values": [[1790000000, "7"]]}]}}`)
	}))
	defer server.Close()
	start := time.UnixMilli(1790000000500)
	got, err := Client{Address: server.URL + "/prefix/"}.Range(context.Background(), "a > 1", Window{Start: start, End: start.Add(time.Hour), Step: 30 * time.Second})
	want := []Series{{Labels: map[string]string{"a": "b"}, Points: []Point{{1790000000, 7}}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestInstant(t *testing.T) {
	answers := map[string]string{
		"up": `{"status": "success", "data": {"resultType": "vector", "result": [
			{"metric": {"__name__": "up", "service": "chat"}, "value": [1790000000.123, "0.5"]},
			{"metric": {"__name__": "up"}, "value": [1790000000, "NaN"]}]}}`,
		"(": `{"status": "error", "error": "parse error"}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if r.PostFormValue("query") == "(" {
			w.WriteHeader(http.StatusBadRequest)
		}
		fmt.Fprint(w, answers[r.PostFormValue("query")])
	}))
	defer server.Close()
	got, err := Client{Address: server.URL}.Instant(context.Background(), "up")
	if want := []Sample{{map[string]string{"__name__": "up", "service": "chat"}, .5}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if _, err := (Client{Address: server.URL}).Instant(context.Background(), "("); err == nil || err.Error() != "prometheus: the query failed: parse error" {
		t.Errorf("the error is %v", err)
	}
}

func TestErrors(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusNotFound) }))
	defer page.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for address, want := range map[string]string{
		page.URL:   "404 Not Found",
		closed.URL: "does not answer",
		"http://%": "is no URL", "localhost:9090": "is no URL", "127.0.0.1:9090": "is no URL", "ftp://a": "is no URL", "http://:9090": "is no URL", "": "is no URL",
		page.URL + "?token=secret": "has a ?", page.URL + "#secret": "has a ?",
		strings.Replace(closed.URL, "//", "//me:secret@", 1): "me:xxxxx@",
	} {
		if _, err := (Client{Address: address}).Instant(context.Background(), "up"); err == nil || !strings.HasPrefix(err.Error(), "prometheus: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error is %v, want %q", address, err, want)
		}
	}
}

func TestMatrix(t *testing.T) {
	got, err := matrix([]byte(`{"status": "success", "data": {"resultType": "matrix", "result": [
		{"metric": {"s": "a"}, "values": [[1, "1"], [2, "NaN"], [3, "+Inf"], [4.5, "-2.5"]]},
		{"metric": {"s": "b"}, "values": [[1, "NaN"]]}]}}`))
	want := []Series{{Labels: map[string]string{"s": "a"}, Points: []Point{{1, 1}, {4.5, -2.5}}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for body, want := range map[string]string{
		"<html>": "no JSON",
		`{"status": "error", "error": "timed out"}`:                                                      "timed out",
		`{"status": "success", "data": {"resultType": "vector", "result": []}}`:                          `"vector"`,
		`{"status": "success", "data": {"resultType": "matrix", "result": [{"values": [[1, "many"]]}]}}`: "want a number",
		`{"status": "success", "data": {"resultType": "matrix", "result": [{"values": ["one"]}]}}`:       "the matrix",
	} {
		if _, err := matrix([]byte(body)); err == nil || !strings.HasPrefix(err.Error(), "prometheus: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", body, err, want)
		}
	}
}

func TestLast(t *testing.T) {
	s := Series{Points: []Point{{10, 1}, {20, 2}}}
	if value, ok := s.Last(25, 5); !ok || value != 2 {
		t.Errorf("the last value is %v, %t, want 2", value, ok)
	}
	if _, ok := s.Last(25.1, 5); ok {
		t.Error("the series ended before, and has a last value")
	}
	if _, ok := (Series{}).Last(0, 5); ok {
		t.Error("an empty series has a last value")
	}
}

func TestBegins(t *testing.T) {
	w := Window{Step: 10 * time.Second}
	s := Series{Points: []Point{{10, 1}, {20, 1}, {30, 1}, {50, 1}, {90, 1}}}
	if got, want := s.Begins(w), []float64{10, 50, 90}; !reflect.DeepEqual(got, want) {
		t.Errorf("the values begin at %v, want %v", got, want)
	}
}
