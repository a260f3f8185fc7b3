// Package prometheus queries the API of a Prometheus.
// https://prometheus.io/docs/prometheus/latest/querying/api/
package prometheus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// timeout bounds a query, in this program and in Prometheus.
	timeout = 10 * time.Second
	// maxAnswer is the size of the largest answer in bytes.
	maxAnswer = 64 << 20
)

// Client queries the Prometheus at an address.
type Client struct {
	// Address is the URL of Prometheus, such as http://127.0.0.1:9090.
	Address string
}

// Window is the time of a range query.
type Window struct {
	// Start and End are the times of the first and of the last value.
	Start, End time.Time
	// Step is the time between two values.
	Step time.Duration
}

// Instant returns the samples of an instant query.
func (c Client) Instant(ctx context.Context, query string) ([]Sample, error) {
	body, err := c.post(ctx, "query", url.Values{"query": {query}})
	if err != nil {
		return nil, err
	}
	return vector(body)
}

// Range returns the series of a range query.
func (c Client) Range(ctx context.Context, query string, w Window) ([]Series, error) {
	body, err := c.post(ctx, "query_range", url.Values{
		"query": {query}, "start": {unix(w.Start)}, "end": {unix(w.End)},
		"step": {strconv.FormatFloat(w.Step.Seconds(), 'f', -1, 64)},
	})
	if err != nil {
		return nil, err
	}
	return matrix(body)
}

func unix(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }

// post sends a form, because a query can be longer than a URL.
func (c Client) post(ctx context.Context, path string, form url.Values) ([]byte, error) {
	address, err := url.Parse(c.Address)
	switch { // no message repeats a part that may be secret
	case err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Hostname() == "":
		return nil, errors.New("prometheus: the address is no URL, want such as http://127.0.0.1:9090")
	case address.RawQuery != "" || address.Fragment != "":
		return nil, errors.New("prometheus: the address has a ? or a #, want it without, such as http://127.0.0.1:9090")
	}
	name := address.Redacted() // without the password
	form.Set("timeout", timeout.String())
	ctx, cancel := context.WithTimeout(ctx, timeout+time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.JoinPath("api", "v1", path).String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("prometheus: %s: %w", name, err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		if cause := new(url.Error); errors.As(err, &cause) {
			err = cause.Err // without the address
		}
		return nil, fmt.Errorf("prometheus: %s does not answer: %w", name, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("prometheus: %s: %w", name, err)
	}
	// The API answers JSON to a query that fails, too.
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		return nil, fmt.Errorf("prometheus: %s answers %s with the type %q, want JSON of Prometheus' API; check the address", name, response.Status, kind)
	}
	return body, nil
}
