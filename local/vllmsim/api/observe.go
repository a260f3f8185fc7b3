package api

import (
	"net/http"
	"slices"
	"time"
)

// recorder records the status of a response, and logs the request when its response begins,
// like uvicorn.
type recorder struct {
	http.ResponseWriter
	status int
	begun  func(status int)
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		r.begun(status)
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap returns the wrapped writer, so that http.ResponseController can flush.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (s *Server) observe(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter, *http.Request) string) {
	start := time.Now()
	if id := r.Header.Get("X-Request-Id"); s.config.RequestIDHeaders && id != "" {
		w.Header().Set("X-Request-Id", id)
	}
	rec := &recorder{ResponseWriter: w, begun: func(status int) { s.logAccess(r, status) }}
	handler := serve(rec, r)
	status := rec.status
	if status == 0 { // the client left before the response
		status = http.StatusOK
	}
	s.config.Metrics.Served(handler, r.Method, status, time.Since(start))
}

func (s *Server) logAccess(r *http.Request, status int) {
	if s.config.AccessLog == nil || slices.Contains(s.config.Quiet, r.URL.Path) {
		return
	}
	s.config.AccessLog.Printf("%s - %q %d %s", r.RemoteAddr, r.Method+" "+r.URL.RequestURI()+" "+r.Proto, status, http.StatusText(status))
}
