package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/vllm-eks/vllm-eks/local/watch/page"
	"github.com/vllm-eks/vllm-eks/local/watch/view"
)

const (
	// refresh is the time after which a browser loads the page again.
	refresh = 30 * time.Second
	// fresh is the time for which a page is current: several readers ask for it once.
	fresh = 5 * time.Second
)

// servePage serves the page at an address until the context ends. It returns an error if
// Prometheus does not answer. Without rules, the page says so.
func servePage(ctx context.Context, s source, model, address string, out io.Writer) error {
	if _, err := s.text(ctx, model); err != nil && !errors.Is(err, view.ErrNoRules) {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The page is at http://%s/ until Ctrl-C.\n", listener.Addr())
	server := &http.Server{
		Handler: &pages{source: s, model: model}, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	_ = server.Close() // readers load the page again
	return nil
}

// pages serves the page.
type pages struct {
	source source
	model  string // of dashboards that show one model; empty: the first one

	mu       sync.Mutex
	kept     string // model of the last page
	rendered time.Time
	bytes    []byte
}

// ServeHTTP answers with the page. Other sites cannot read it by a name that they let lead here.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !isAddress(r.Host):
		http.Error(w, "host: use the printed address", http.StatusMisdirectedRequest)
	case r.URL.Path != "/":
		http.NotFound(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "method: want GET", http.StatusMethodNotAllowed)
	default:
		p.answer(w, r)
	}
}

func (p *pages) answer(w http.ResponseWriter, r *http.Request) {
	model := r.URL.Query().Get("model")
	if model == "" {
		model = p.model
	}
	text, status, err := p.load(r.Context(), model)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", page.Policy()+"; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the reader may have left
}

// load returns the page of a model. If Prometheus does not answer, the page says so.
func (p *pages) load(ctx context.Context, model string) (text []byte, status int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == model && time.Since(p.rendered) < fresh {
		return p.bytes, http.StatusOK, nil
	}
	contents, problem := p.source.page(ctx, model, time.Now())
	contents.Refresh = refresh
	status = http.StatusOK
	if problem != nil {
		contents.Problem, contents.Sections, status = problem.Error(), nil, http.StatusServiceUnavailable
	}
	if text, err = page.Render(contents); err == nil && problem == nil {
		p.kept, p.rendered, p.bytes = model, time.Now(), text
	}
	return text, status, err
}

// isAddress reports whether the Host of a request is localhost or an IP address, and not a name.
func isAddress(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return name == "localhost" || net.ParseIP(strings.Trim(name, "[]")) != nil
}
