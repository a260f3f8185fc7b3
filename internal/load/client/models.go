package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/load"
)

// Model is a model that a server lists.
type Model struct {
	ID string `json:"id"` // in requests
	// Root is the id of the weights, if the server states it; else "".
	Root string `json:"root"`
	// Parent is the model of an adapter; nil for a model.
	Parent *string `json:"parent"`
	// MaxModelLen is the longest context in tokens; 0 if the server does not state it.
	MaxModelLen int `json:"max_model_len"`
}

// largestList is the largest list of models that is read, in bytes.
const largestList = 16 << 20

// Models returns the models that the server lists at /v1/models.
func (c Client) Models(ctx context.Context) ([]Model, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+"/v1/models", nil)
	if err != nil {
		return nil, err
	}
	c.authorize(request)
	response, err := c.HTTP.Do(request)
	if err != nil {
		return nil, errors.New(c.hide(err.Error()))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(c.hide(c.URL + "/v1/models answers " + response.Status + reason(response.Body)))
	}
	var list struct {
		Data []Model `json:"data"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, largestList)).Decode(&list); err != nil {
		return nil, fmt.Errorf("%s/v1/models answers with something else than a list of models: %w", c.URL, err)
	}
	return list.Data, nil
}

// A trial request has few tokens, so that it costs little.
const trialInput, trialOutput = 8, 2

// Settle returns the client with the first form of requests that the server accepts: token ids,
// else words, and answers of the requested length, else those that the model ends. It sends one
// short request for each form. If the server accepts none, the error is a Refusal.
func (c Client) Settle(ctx context.Context) (Client, error) {
	forms := []Form{{TokenIDs: true, Exact: true}, {Exact: true}, {}}
	if c.Form.API == Chat {
		forms = forms[1:]
	}
	var last load.Outcome
	for _, f := range forms {
		c.Form.TokenIDs, c.Form.Exact = f.TokenIDs, f.Exact
		o := c.Send(ctx, load.Arrival{At: -1, Input: trialInput, Output: trialOutput}, time.Now())
		switch {
		case o.Failure == "":
			return c, nil
		case o.Kind != "HTTP 400" && o.Kind != "HTTP 422" && o.Kind != Short:
			return c, c.refusal(o)
		}
		last = o
	}
	return c, c.refusal(last)
}

// Refusal is the error of a server that accepts no form of requests.
type Refusal struct {
	URL  string
	Kind string // as in Outcome
	Text string
}

func (r *Refusal) Error() string { return r.URL + ": " + r.Text }

func (c Client) refusal(o load.Outcome) error {
	return &Refusal{URL: c.URL + c.Form.API.path(), Kind: o.Kind, Text: o.Failure}
}

// Base returns the address of a server, without /v1, from the address that a user writes.
func Base(address string) string {
	return strings.TrimSuffix(strings.TrimRight(address, "/"), "/v1")
}
