package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/connections"
	"github.com/vllm-eks/vllm-eks/internal/vllmflags"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/hardware"
)

// keepAliveSeconds is the default of VLLM_HTTP_TIMEOUT_KEEP_ALIVE (vLLM's vllm/envs.py): the
// time that an idle connection stays open.
const keepAliveSeconds = 5

// readMiddleware reports whether --middleware names the module that closes connections. The
// simulator runs no Python. It does the same as that module, but only if the file that Python
// would import is that module, unchanged.
func readMiddleware(args *vllmflags.Args, env environ) (closes bool, err error) {
	for _, name := range args.Strings("--middleware") {
		end := strings.LastIndex(name, ".")
		if end < 0 {
			return false, hardware.EngineError("ValueError: not enough values to unpack (expected 2, got 1)")
		}
		module, class := name[:end], name[end+1:]
		source, found := findModule(module, env("PYTHONPATH"))
		switch {
		case !found:
			return false, hardware.EngineError(fmt.Sprintf("ModuleNotFoundError: No module named '%s'", module))
		case source != connections.Source:
			return false, fmt.Errorf("--middleware %s: the simulator runs no Python, and this module is not %s of internal/connections", name, connections.File)
		case name != connections.Middleware:
			return false, hardware.EngineError(fmt.Sprintf("AttributeError: module '%s' has no attribute '%s'", module, class))
		}
		closes = true
	}
	return closes, nil
}

// findModule returns the source of the first file that Python would import.
func findModule(module, path string) (source string, found bool) {
	file := filepath.FromSlash(strings.ReplaceAll(module, ".", "/")) + ".py"
	for _, folder := range filepath.SplitList(path) {
		if text, err := os.ReadFile(filepath.Join(folder, file)); err == nil {
			return string(text), true
		}
	}
	return "", false
}

// closing adds the header that tells each client that the connection ends with the response.
func closing(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		handler.ServeHTTP(w, r)
	})
}

// newServer returns a server that keeps connections open like uvicorn.
func newServer(s *settings, handler http.Handler) *http.Server {
	if s.closeConnections {
		handler = closing(handler)
	}
	return &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, IdleTimeout: max(s.keepAlive, time.Nanosecond)}
}
