// Package client sends requests to an OpenAI-compatible server, reads the streamed answers, and
// measures the times of their tokens.
package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// Kinds of failures, beside "HTTP" with a status.
const (
	NoConnection = "no connection"
	Timeout      = "timeout"
	Cut          = "cut"          // the stream ended early
	Short        = "short"        // fewer tokens than requested
	WrongAnswer  = "wrong answer" // no stream of events, or wrong JSON
	StreamError  = "error in the stream"
	Canceled     = "canceled" // by the context
)

// Client sends requests to one model of one server.
type Client struct {
	HTTP *http.Client
	// URL is the address of the server, without /v1.
	URL   string
	Model string
	// Key is the API key. It is sent as a bearer token and is in no message. Default: none.
	Key  string
	Form Form
	// Timeout limits a request and its answer. Default: none.
	Timeout time.Duration
}

// NewTransport returns a transport that keeps a connection open for each request in flight, as
// OpenAI's clients do, and which therefore uses HTTP/1.1 alone. It uses no proxy.
func NewTransport() *http.Transport {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return &http.Transport{MaxIdleConnsPerHost: math.MaxInt, DisableCompression: true, Protocols: protocols}
}

// Send sends one request and reads its answer. Times count from start.
func (c Client) Send(ctx context.Context, a load.Arrival, start time.Time) load.Outcome {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		ctx = limited
	}
	body := c.body(a)
	o := load.Outcome{Input: a.Input, Output: a.Output, At: time.Since(start)}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+c.Form.API.path(), bytes.NewReader(body))
	if err != nil {
		return c.refused(o, NoConnection, err.Error())
	}
	request.Header.Set("Content-Type", "application/json")
	c.authorize(request)
	response, err := c.HTTP.Do(request)
	if err != nil {
		return c.refused(o, kindOf(err, NoConnection), err.Error())
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return c.refused(o, fmt.Sprintf("HTTP %d", response.StatusCode), response.Status+reason(response.Body))
	}
	s := stream{outcome: &o, start: start, exact: c.Form.Exact}
	if s.read(response.Body) {
		drain(response.Body, cancel)
	}
	o.Failure = c.hide(o.Failure)
	return o
}

// drainTime and drainBytes limit what is read after the end of an answer.
const (
	drainTime  = time.Second
	drainBytes = 64 << 10
)

// drain reads what follows the last event of an answer, so that the next request can use its
// connection. It calls cancel if the server does not end the answer in time.
func drain(body io.Reader, cancel func()) {
	timer := time.AfterFunc(drainTime, cancel)
	defer timer.Stop()
	_, _ = io.CopyN(io.Discard, body, drainBytes)
}

func (c Client) authorize(request *http.Request) {
	if c.Key != "" {
		request.Header.Set("Authorization", "Bearer "+c.Key)
	}
}

func (c Client) refused(o load.Outcome, kind, text string) load.Outcome {
	o.Kind, o.Failure = kind, c.hide("refused: "+text)
	return o
}

// hide returns a text without the API key, which a server may repeat.
func (c Client) hide(text string) string {
	if c.Key == "" {
		return text
	}
	return strings.ReplaceAll(text, c.Key, "[API key]")
}

// kindOf returns the kind of an error of a connection.
func kindOf(err error, other string) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.Is(err, context.Canceled):
		return Canceled
	}
	return other
}

// longestReason is the largest part of a server's error that is read, in bytes.
const longestReason = 4 << 10

// reason returns the message of a server's error as one line, after a colon.
func reason(body io.Reader) string {
	text, err := io.ReadAll(io.LimitReader(body, longestReason))
	if err != nil {
		return ""
	}
	if message := strings.Join(strings.Fields(messageOf(text)), " "); message != "" {
		return ": " + message
	}
	return ""
}
