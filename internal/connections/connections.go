// Package connections holds the middleware with which vLLM closes a connection after
// each response.
//
// vLLM does not close connections itself. On SIGTERM, its HTTP server keeps all
// connections open and answers requests until vLLM's engine has drained (vLLM
// vllm/entrypoints/launchers/launcher.py at f90a993c, serve_http: the server exits only
// after engine_client.shutdown; read 2026-11-29). Only then does uvicorn close idle
// connections. If a response has `connection: close`, uvicorn closes the connection after
// it, with both of its HTTP parsers (uvicorn 0.35.0, protocols/http/httptools_impl.py and
// h11_impl.py), and the client knows before the end of the response not to reuse the
// connection. So no request uses a connection that is being closed.
//
// vLLM imports the class of --middleware, and adds it outside of its own middleware
// (vllm/entrypoints/serve/middleware/register.py at 41a041c8). The frontend in Rust
// (VLLM_USE_RUST_FRONTEND, off by default) has no middleware.
package connections

import _ "embed" // the module's source

const (
	// Module is the name under which Python imports the middleware.
	Module = "vllm_eks_connections"
	// Middleware is the value of vLLM's flag --middleware.
	Middleware = Module + ".CloseConnections"
	// File is the name of the module's file, in a folder of PYTHONPATH.
	File = Module + ".py"
)

// Source is the source of the Python module.
//
//go:embed vllm_eks_connections.py
var Source string
