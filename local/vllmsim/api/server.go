// Package api is the simulator's HTTP server: the part of vLLM's OpenAI-compatible server that
// a deployment and its clients use, with the same paths, bodies, errors and authentication.
package api

import (
	"log"
	"net/http"
	"sync/atomic"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/metrics"
)

// Config holds the server's settings from flags and environment.
type Config struct {
	Engine  *engine.Engine
	Metrics *metrics.Metrics

	// Names are the model's names in requests. Responses have the first one. Root is the
	// model's id.
	Names       []string
	Root        string
	MaxModelLen int
	Adapters    []Adapter

	Keys             []string // each is valid; none: no authentication
	RootPath         string
	StreamInterval   int // tokens per streamed chunk
	MaxN             int // maximum n of a request
	MaxQueued        int // maximum number of sequences in the engine; 0: no limit
	ResponseRole     string
	AutoToolChoice   bool
	ForceUsage       bool
	RequestIDHeaders bool
	TrackLoad        bool // /load counts requests in flight; else it answers 0
	Version          string
	Fingerprint      string

	AccessLog *log.Logger // nil: none
	Quiet     []string    // paths without access log
}

// Server serves the API of one engine.
type Server struct {
	config Config
	routes map[string]map[string]http.HandlerFunc // path, method
	keys   [][32]byte
	load   atomic.Int64 // requests in flight
}

// New returns the server's handler.
func New(config Config) *Server {
	s := &Server{config: config, keys: hashKeys(config.Keys)}
	get := func(h http.HandlerFunc) map[string]http.HandlerFunc {
		return map[string]http.HandlerFunc{http.MethodGet: h, http.MethodHead: h}
	}
	post := func(h http.HandlerFunc) map[string]http.HandlerFunc {
		return map[string]http.HandlerFunc{http.MethodPost: h}
	}
	s.routes = map[string]map[string]http.HandlerFunc{
		"/health":              get(s.health),
		"/ping":                {http.MethodGet: s.health, http.MethodPost: s.health},
		"/version":             get(s.version),
		"/load":                get(s.serverLoad),
		"/metrics":             get(config.Metrics.ServeHTTP),
		"/v1/models":           get(s.models),
		"/v1/chat/completions": post(s.counted(s.chat)),
		"/v1/completions":      post(s.counted(s.completions)),
		"/tokenize":            post(s.tokenize),
		"/detokenize":          post(s.detokenize),
	}
	return s
}

// ServeHTTP authenticates, routes, logs and counts.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.observe(w, r, func(w http.ResponseWriter, r *http.Request) (handler string) {
		path := trimRoot(r.URL.Path, s.config.RootPath)
		methods, found := s.routes[path]
		if found {
			handler = path
		}
		if !s.authorized(path, r) {
			writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "Unauthorized"})
			return handler
		}
		if !found {
			writeError(w, statusError(http.StatusNotFound))
			return handler
		}
		serve, allowed := methods[r.Method]
		if !allowed {
			writeError(w, statusError(http.StatusMethodNotAllowed))
			return handler
		}
		serve(w, r)
		return handler
	})
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if !s.config.Engine.Healthy() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// counted counts the requests in flight.
func (s *Server) counted(serve http.HandlerFunc) http.HandlerFunc {
	if !s.config.TrackLoad {
		return serve
	}
	return func(w http.ResponseWriter, r *http.Request) {
		s.load.Add(1)
		defer s.load.Add(-1)
		serve(w, r)
	}
}

func (s *Server) serverLoad(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]int64{"server_load": s.load.Load()})
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"version": s.config.Version})
}
