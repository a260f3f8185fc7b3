package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
)

// apiError is an error in vLLM's form.
type apiError struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    int     `json:"code"`
}

func (e *apiError) Error() string { return e.Message }

// badRequest returns an error about a parameter's value. param may be empty.
func badRequest(param, format string, values ...any) *apiError {
	e := &apiError{Message: fmt.Sprintf(format, values...), Type: "BadRequestError", Code: http.StatusBadRequest}
	if param != "" {
		e.Param = &param
	}
	return e
}

// malformed returns an error about a body of the wrong form.
func malformed(param, message string) *apiError {
	path := "body"
	if param != "" {
		path += "." + param
	}
	return &apiError{
		Message: fmt.Sprintf("1 validation error:\n  {'loc': '%s', 'msg': '%s'}", path, message),
		Type:    http.StatusText(http.StatusBadRequest), Param: &path, Code: http.StatusBadRequest,
	}
}

func statusError(status int) *apiError {
	return &apiError{Message: http.StatusText(status), Type: http.StatusText(status), Code: status}
}

// asError returns the response for an error of a request.
func asError(err error) *apiError {
	var e *apiError
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, engine.ErrShuttingDown):
		// vLLM's response depends on the progress of its shutdown: an aborted output,
		// a 5xx or a closed connection. The simulator always answers 503.
		return &apiError{Message: "The server is shutting down.", Type: "ServiceUnavailableError", Code: http.StatusServiceUnavailable}
	case errors.Is(err, engine.ErrDead):
		return &apiError{
			Message: "EngineCore encountered an issue. See stack trace (above) for the root cause.",
			Type:    "InternalServerError", Code: http.StatusInternalServerError,
		}
	default:
		return &apiError{Message: err.Error(), Type: "InternalServerError", Code: http.StatusInternalServerError}
	}
}

type errorBody struct {
	Error *apiError `json:"error"`
}

func writeError(w http.ResponseWriter, err error) {
	e := asError(err)
	writeJSON(w, e.Code, errorBody{Error: e})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
