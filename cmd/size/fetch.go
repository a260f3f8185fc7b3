package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// hub is the Hugging Face Hub or a mirror of it.
type hub struct {
	// endpoint is the address, without a slash at the end. Default: huggingface_hub's,
	// https://huggingface.co.
	endpoint string
	// token is sent with each request to the endpoint. The command does not print it
	// and writes it to no file. Default: none.
	token  string
	client *http.Client
}

// newHub returns the Hub that HF_ENDPOINT and HF_TOKEN state, by the rules of
// huggingface_hub (constants.py, read on 2026-11-29).
func newHub(environment func(string) string) hub {
	endpoint := strings.TrimRight(environment("HF_ENDPOINT"), "/")
	if endpoint == "" {
		endpoint = "https://huggingface.co"
	}
	return hub{endpoint: endpoint, token: strings.TrimSpace(environment("HF_TOKEN")), client: &http.Client{Timeout: fetchTimeout}}
}

const (
	fetchTimeout = time.Minute
	// largestFile is the largest answer that the command reads, in bytes.
	// Configurations and indices have some megabytes.
	largestFile = 64 << 20
)

// errNoFile reports that a repository does not have a file.
var errNoFile = errors.New("is not there")

// get returns the answer of an address of the Hub.
func (h hub) get(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.endpoint+path, nil)
	if err != nil {
		return nil, err
	}
	if h.token != "" {
		request.Header.Set("Authorization", "Bearer "+h.token)
	}
	response, err := h.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, largestFile))
	switch code := response.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		hint := "set HF_TOKEN to a token of an account that may read it"
		if h.token != "" {
			hint = "the account of HF_TOKEN may not read it; accept the model's licence on its page"
		}
		return nil, fmt.Errorf("%s%s answers %s: the model is gated or private, or there is none of this name; %s", h.endpoint, path, response.Status, hint)
	case code == http.StatusNotFound:
		return nil, errNoFile
	case code != http.StatusOK:
		return nil, fmt.Errorf("%s%s answers %s", h.endpoint, path, response.Status)
	}
	return text, err
}

var modelID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$`)

// fetch returns the model's config.json unchanged, with the size of its weights as
// weightsGiB, and with hf_quant_config.json if the repository has it.
func (h hub) fetch(ctx context.Context, id, revision string) ([]byte, error) {
	if !modelID.MatchString(id) || strings.Contains(id, "..") {
		return nil, fmt.Errorf("MODEL: is %q, want the id of a repository, such as Qwen/Qwen3-8B", id)
	}
	files := "/" + id + "/resolve/" + url.PathEscape(revision) + "/"
	text, err := h.get(ctx, files+"config.json")
	if errors.Is(err, errNoFile) {
		return nil, fmt.Errorf("%s has no config.json at the revision %s of %s; check the id", id, revision, h.endpoint)
	}
	if err != nil {
		return nil, err
	}
	size, err := h.weights(ctx, id, revision, files)
	if err != nil {
		return nil, err
	}
	text, err = withKeys(text, fmt.Sprintf("\"weightsGiB\": %.3f", float64(size)/(1<<30)))
	if err != nil {
		return nil, err
	}
	quantization, err := h.get(ctx, files+companion)
	switch {
	case errors.Is(err, errNoFile):
		return text, nil
	case err != nil:
		return nil, err
	}
	return withQuantization(text, quantization)
}

// withQuantization returns a config.json with the text of hf_quant_config.json, if that
// is JSON.
func withQuantization(config, quantization []byte) ([]byte, error) {
	if !json.Valid(quantization) {
		return config, nil
	}
	return withKeys(config, "\"hf_quant_config\": "+string(bytes.TrimSpace(quantization)))
}

// withKeys returns a JSON object with keys added at its end. The rest of its text does
// not change.
func withKeys(object []byte, keys string) ([]byte, error) {
	body, ok := bytes.CutSuffix(bytes.TrimSpace(object), []byte("}"))
	if !ok {
		return nil, errors.New("the model's config.json is no JSON object")
	}
	body = bytes.TrimRight(body, " \t\r\n")
	comma := ","
	if bytes.HasSuffix(body, []byte("{")) {
		comma = ""
	}
	return []byte(string(body) + comma + "\n  " + keys + "\n}\n"), nil
}

// weights returns the size of the model's weights in bytes: from the index of the
// safetensors files, else from the list of files.
func (h hub) weights(ctx context.Context, id, revision, files string) (int64, error) {
	var index struct {
		Metadata struct {
			Size json.Number `json:"total_size"`
		} `json:"metadata"`
	}
	text, err := h.get(ctx, files+"model.safetensors.index.json")
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &index); err != nil {
			return 0, fmt.Errorf("model.safetensors.index.json of %s cannot be read: %w", id, err)
		}
		if size, err := index.Metadata.Size.Float64(); err == nil && size >= 1 {
			return int64(size), nil
		}
	case !errors.Is(err, errNoFile):
		return 0, err
	}
	return h.sizes(ctx, id, revision)
}

// sizes returns the sum of the model's weight files in the Hub's list, in bytes:
// safetensors, else PyTorch's files.
func (h hub) sizes(ctx context.Context, id, revision string) (int64, error) {
	var model struct {
		Files []struct {
			Name string `json:"rfilename"`
			Size int64  `json:"size"`
		} `json:"siblings"`
	}
	text, err := h.get(ctx, "/api/models/"+id+"/revision/"+url.PathEscape(revision)+"?blobs=true")
	if err == nil {
		err = json.Unmarshal(text, &model)
	}
	if err != nil {
		return 0, fmt.Errorf("the list of the files of %s: %w", id, err)
	}
	for _, pattern := range []string{"model.safetensors", "model-*.safetensors", "pytorch_model*.bin"} {
		var sum int64
		for _, file := range model.Files {
			if ok, err := filepath.Match(pattern, file.Name); ok && err == nil {
				sum += file.Size
			}
		}
		if sum > 0 {
			return sum, nil
		}
	}
	return 0, fmt.Errorf("%s has no weights that vLLM loads: neither model.safetensors nor pytorch_model.bin", id)
}

// save writes the fetched file to --config, and prints its path.
func (o *options) save(ctx context.Context, out io.Writer) error {
	text, err := newHub(os.Getenv).fetch(ctx, o.model, o.revision)
	if err != nil {
		return fmt.Errorf("--fetch: %w", err)
	}
	if o.config == "" {
		o.config = filepath.Join("shapes", strings.ReplaceAll(o.model, "/", "--")+".json")
	}
	if err := os.MkdirAll(filepath.Dir(o.config), 0o755); err != nil {
		return fmt.Errorf("--fetch: %w", err)
	}
	if err := os.WriteFile(o.config, text, 0o644); err != nil {
		return fmt.Errorf("--fetch: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s is written; a stack names it with shape: %s\n\n", o.config, o.config)
	return err
}
