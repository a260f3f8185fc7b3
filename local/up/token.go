package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const firstPrompt = "In one sentence: why does autoscaling for language models look at tokens?"

// engineTimeout bounds the wait for a replica that was ready and restarts with its node.
const engineTimeout = 2 * time.Minute

// awaitHealth waits until a replica answers. After a restart of the node, the API reports its
// pods as ready for a moment.
func awaitHealth(ctx context.Context, p *progress, baseURL string) error {
	ctx, cancel := context.WithTimeout(ctx, engineTimeout)
	defer cancel()
	for {
		err := health(ctx, baseURL)
		if err == nil {
			return nil
		}
		p.update(-1, "waiting for the replica")
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer; see make logs: %w", baseURL, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func health(ctx context.Context, baseURL string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL+"/health", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("/health answers %s", response.Status)
	}
	return nil
}

// streamFirst sends the first completion request and prints the tokens as they arrive. It
// returns the time to the first token.
func streamFirst(ctx context.Context, baseURL, apiKey, servedModel string, out io.Writer) (time.Duration, error) {
	body, err := json.Marshal(map[string]any{
		"model": servedModel, "stream": true, "max_tokens": 48,
		"messages": []map[string]string{{"role": "user", "content": firstPrompt}},
	})
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, baseURL+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	if apiKey != "" {
		request.Header.Set("Authorization", "Bearer "+apiKey)
	}
	began := time.Now()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(response.Body, 2000))
		return 0, errors.Join(fmt.Errorf("the replica answers %s: %s", response.Status, text), err)
	}
	delay, err := printStream(response.Body, began, out)
	if err != nil {
		return 0, err
	}
	return delay, nil
}

// printStream prints the text of a stream of server-sent events, and returns the time to the
// first token.
func printStream(stream io.Reader, began time.Time, out io.Writer) (time.Duration, error) {
	var first time.Duration
	for lines := bufio.NewScanner(stream); lines.Scan(); {
		data, isData := strings.CutPrefix(lines.Text(), "data: ")
		if !isData {
			continue
		}
		if data == "[DONE]" {
			if first == 0 {
				return 0, errors.New("the stream ended without a token")
			}
			return first, nil
		}
		var chunk struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			return 0, fmt.Errorf("stream: %w: %s", err, data)
		}
		for _, choice := range chunk.Choices {
			if choice.Delta.Content != "" && first == 0 {
				first = time.Since(began)
			}
			if _, err := io.WriteString(out, choice.Delta.Content); err != nil {
				return 0, err
			}
		}
	}
	return 0, errors.New("the stream ended early")
}

// apiKeyKey is the key of a model's Secret that holds the API key.
const apiKeyKey = "api-key"

// apiKey reads a model's API key from the cluster. It passes the key through no command line.
func (e engine) apiKey(ctx context.Context, m model) (string, error) {
	if m.APIKeySecret == "" {
		return "", nil
	}
	out, err := e.kubectl(ctx, "--namespace="+m.Namespace, "get", "secret", m.APIKeySecret, "--output=jsonpath={.data."+apiKeyKey+"}")
	if err != nil {
		return "", err
	}
	if out == "" {
		return "", fmt.Errorf("secret %s has no key %s", m.APIKeySecret, apiKeyKey)
	}
	key, err := base64.StdEncoding.DecodeString(out)
	if err != nil {
		return "", fmt.Errorf("secret %s: %s is not base64", m.APIKeySecret, apiKeyKey)
	}
	return string(key), nil
}
