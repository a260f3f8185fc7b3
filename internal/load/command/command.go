// Package command is the command cmd/load: it sends a load to a server and reports the result.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vllm-eks/vllm-eks/internal/load/client"
)

// Surroundings is what the command uses of its process.
type Surroundings struct {
	Out         io.Writer // the report
	Messages    io.Writer // plan, warnings and progress
	Environment func(name string) string
	// Dial opens connections. Default: to the network, with the proxy that the process'
	// environment states.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

var (
	// ErrInterrupted is the error of a run that Ctrl-C ended.
	ErrInterrupted = errors.New("interrupted")
	// ErrInvalid is the error of a report that does not count.
	ErrInvalid = errors.New("the result is INVALID")
)

// New returns the command. The end of its context stops the load; the report follows.
func New(s Surroundings) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "load URL",
		Short: "Send a load to an OpenAI-compatible server and report its latencies",
		Long: `Load sends requests to an OpenAI-compatible server at the times of a generated or a
recorded load. A slow answer does not delay the next request. The report has the time to
the first token (TTFT), the time per output token after it (TPOT), the time to the last
token, tokens per second, failures by kind, and the share of requests that meets the
objectives. With --instance or --gpu, the prediction of sizing is beside it.

URL is the server's address, with or without /v1. Before the load, the command sends one
to three short requests to find out what the server accepts. Prompts are random tokens, so that a
prefix cache does not shorten them. Ctrl-C stops the load, waits for open answers for
10 seconds, and prints the report.

The exit status is 0 with a valid report, also if requests failed; 1 after an error, or if
the result is INVALID, because this machine sent requests too late; 130 after Ctrl-C.`,
		Example: `  load http://localhost:8000 --rate 2 --duration 5m
  load http://localhost:8000 --load conversation --rate 4 --duration 20m --instance g5.2xlarge
  load https://llm.example.com --trace requests.csv --api chat --api-key-env LLM_KEY --json`,
		Args:          cobra.ExactArgs(1),
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(c *cobra.Command, args []string) error {
			o.url = args[0]
			return o.run(c.Context(), s, c.Flags().Changed)
		},
	}
	o.define(c.Flags())
	c.SetOut(s.Out)
	c.SetErr(s.Messages)
	return c
}

const (
	// grace is the time for open answers after Ctrl-C.
	grace = 10 * time.Second
	// setupTimeout limits each request before the load.
	setupTimeout = time.Minute
)

func (o *options) run(ctx context.Context, s Surroundings, changed func(string) bool) error {
	sender, err := o.check(s.Environment, changed)
	if err != nil {
		return err
	}
	t, err := o.traffic(changed)
	if err != nil {
		return err
	}
	sender.HTTP = httpClient(s)
	sender, model, err := o.connect(ctx, sender)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%w; no load was sent", ErrInterrupted)
	case err != nil:
		return err
	}
	prediction, err := o.predict(model, t)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Messages, "sending %s to %s at %s within %s; Ctrl-C stops and reports\n", t, sender.Model, sender.URL, t.whole().Round(time.Second))
	if n := t.longer(model.MaxModelLen); n > 0 {
		fmt.Fprintf(s.Messages, "warning: %d of the requests have more tokens than the %d of one context; the server refuses them\n", n, model.MaxModelLen)
	}
	outcomes, stopped := drive(ctx, s.Messages, sender.Send, t)
	summary := summarize(outcomes, t, o.objectives(), stopped)
	r := Report{
		URL: sender.URL, Model: sender.Model, Form: sender.Form.String(), Load: t.name, Interrupted: stopped > 0,
		Summary: summary, Prediction: prediction.beside(summary),
	}
	if err := r.write(s.Out, o.json); err != nil {
		return err
	}
	switch {
	case stopped > 0:
		return fmt.Errorf("%w; the report has the requests until then", ErrInterrupted)
	case r.Invalid != "":
		return fmt.Errorf("%w: %s", ErrInvalid, r.Invalid)
	}
	return nil
}

func httpClient(s Surroundings) *http.Client {
	transport := client.NewTransport()
	transport.Proxy, transport.DialContext = http.ProxyFromEnvironment, s.Dial
	return &http.Client{Transport: transport}
}

// connect returns the client with the model and the form of requests that the server accepts.
func (o *options) connect(ctx context.Context, sender client.Client) (client.Client, client.Model, error) {
	limited, cancel := context.WithTimeout(ctx, setupTimeout)
	defer cancel()
	list, err := sender.Models(limited)
	var refusal *client.RefusalError
	switch {
	case errors.As(err, &refusal) && slices.Contains([]string{client.NoConnection, client.Timeout, client.Canceled, "HTTP 401", "HTTP 403"}, refusal.Kind):
		return sender, client.Model{}, explained(err)
	case err != nil && o.model == "":
		return sender, client.Model{}, fmt.Errorf("--model: is not set, and the server does not list its models: %w", err)
	}
	model, err := choose(list, o.model)
	if err != nil {
		return sender, model, err
	}
	sender.Model = model.ID
	patient := sender.Timeout
	sender.Timeout = setupTimeout
	sender, err = sender.Settle(ctx)
	sender.Timeout = patient
	return sender, model, explained(err)
}

// choose returns the model with a name; without a name, the only one that is no adapter.
func choose(list []client.Model, name string) (client.Model, error) {
	var models []client.Model
	var names []string
	for _, m := range list {
		switch {
		case name != "" && m.ID == name:
			return m, nil
		case m.Parent == nil && (len(models) == 0 || m.Root == "" || m.Root != models[0].Root): // no other name of the first
			models, names = append(models, m), append(names, m.ID)
		}
	}
	switch {
	case name != "":
		return client.Model{ID: name}, nil
	case len(models) == 1:
		return models[0], nil
	case len(models) == 0:
		return client.Model{}, errors.New("--model: is not set, and the server lists no model; set it")
	}
	return client.Model{}, fmt.Errorf("--model: is not set, and the server has %s; set one of them", strings.Join(names, ", "))
}

// explained returns an error of the server with what to do.
func explained(err error) error {
	var refusal *client.RefusalError
	if !errors.As(err, &refusal) {
		return err
	}
	switch refusal.Kind {
	case "HTTP 401", "HTTP 403":
		return fmt.Errorf("URL: %w; set the right API key with --api-key-env or --api-key-file", err)
	case "HTTP 404":
		return fmt.Errorf("URL: %w; check URL and --model, or set another --api", err)
	}
	return fmt.Errorf("URL: %w; no load was sent", err)
}
