package client

import (
	"context"
	"encoding/json"
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

// Models returns the models that the server lists at /v1/models. The error is a RefusalError.
func (c Client) Models(ctx context.Context) ([]Model, error) {
	address := c.URL + "/v1/models"
	refusal := func(kind, text string) error { return &RefusalError{URL: address, Kind: kind, Text: c.hide(text)} }
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, refusal(NoConnection, err.Error())
	}
	c.authorize(request)
	response, err := c.HTTP.Do(request)
	if err != nil {
		return nil, refusal(kindOf(err, NoConnection), "refused: "+err.Error())
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, refusal(fmt.Sprintf("HTTP %d", response.StatusCode), "refused: "+response.Status+reason(response.Body))
	}
	var list struct {
		Data []Model `json:"data"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, largestList)).Decode(&list); err != nil {
		return nil, refusal(WrongAnswer, "the answer is no list of models: "+err.Error())
	}
	return list.Data, nil
}

// A trial request has few tokens, so that it costs little.
const trialInput, trialOutput = 8, 2

// Settle returns the client with the first form of requests that the server accepts: token ids,
// else words, and answers of the requested length, else those that the model ends. It sends one
// short request for each form. If the server accepts none, the error is a RefusalError.
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

// RefusalError is the error of a server that does not answer a request before the load.
type RefusalError struct {
	URL  string
	Kind string // as in Outcome
	Text string
}

func (r *RefusalError) Error() string { return r.URL + ": " + r.Text }

func (c Client) refusal(o load.Outcome) error {
	return &RefusalError{URL: c.URL + c.Form.API.path(), Kind: o.Kind, Text: o.Failure}
}

// Base returns the address of a server, without /v1, from the address that a user writes.
func Base(address string) string {
	return strings.TrimSuffix(strings.TrimRight(address, "/"), "/v1")
}
