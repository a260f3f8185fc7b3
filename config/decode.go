package config

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/sizing/catalogue"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
)

//go:generate go run ./generate

// Keys returns the declarations of every key of a stack's file, for generators and
// tests.
func Keys() (*keys.Mapping, error) { return keys.Declare(reflect.TypeFor[stack]()) }

// Forms returns the forms of keys whose type does not describe them, by name.
func Forms() map[string]keys.Form {
	return map[string]keys.Form{"shape": {
		Kind:   "path, model or mapping",
		Schema: map[string]any{"type": []any{"string", "object"}},
		Decode: decodeShape,
	}}
}

// decode returns the values that the user typed.
func decode(source *Source) (stack, *keys.Result) {
	var s stack
	r := keys.Decode(keys.Decoder{Namespace: Namespace, Forms: Forms()}, source.decoded(), &s)
	for i := range s.Models {
		s.Models[i].replaceVersion(r, field.NewPath("models").Index(i))
	}
	return s, r
}

// decoded returns the values of the program's keys, and of the keys of the AWS provider
// that it reads. Pulumi passes lists and mappings as JSON.
func (s *Source) decoded() map[string]any {
	values := map[string]any{}
	for _, key := range s.keys() {
		text, _ := s.value(key)
		switch {
		case s.isSecret(key):
			values[key] = keys.Encrypted(text)
		case text == "":
			values[key] = nil
		default:
			values[key] = parse(text)
		}
	}
	for _, key := range awsKeys {
		full := "aws:" + key
		text, exists := s.values[full]
		switch {
		case !exists:
		case slices.Contains(s.secret, full):
			values[full] = keys.Encrypted(text)
		case text == "":
			values[full] = nil
		default:
			values[full] = typedText(text)
		}
	}
	return values
}

// typedText returns the value of a key that must be a string. Pulumi also passes a number
// as text, such as a profile that is named by its account. A boolean, a list or a mapping
// keeps its type.
func typedText(text string) any {
	switch value := parse(text).(type) {
	case bool, []any, map[string]any:
		return value
	}
	return text
}

// parse returns the value of JSON, with numbers as they were typed. Text that is not JSON
// is returned as a string.
func parse(text string) any {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return text
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return text
	}
	return value
}

// replaceVersion removes the release and the image of the defaults if the model sets one
// of them, because both keys determine which vLLM runs.
func (m *model) replaceVersion(r *keys.Result, path *field.Path) {
	image, version := r.Given(path.Child("image").String()), r.Given(path.Child("vllmVersion").String())
	switch {
	case image && !version:
		m.VLLMVersion = ""
	case version && !image:
		m.Image = ""
	}
}

// newConfig returns the configuration that the user typed, with declared defaults only.
func newConfig(source *Source, typed stack, r *keys.Result) *Config {
	s := typed
	keys.Complete(&s) // creates new values behind pointers, so that typed does not change
	secret := func(key, text string) pulumi.StringPtrInput {
		if !r.Given(key) {
			return nil
		}
		return pulumi.ToSecret(pulumi.String(text)).(pulumi.StringOutput).ToStringPtrOutput()
	}
	c := &Config{
		Platform: Platform{
			Account: s.Spec, Network: s.Network, Cluster: s.Cluster.Spec,
			Nodes:  nodes.Spec{System: s.SystemNodes, Release: s.Cluster.NodeRelease},
			Charts: s.Charts, Prometheus: s.Monitoring.Spec,
		},
		Namespaces: s.Namespaces, Costs: s.Costs, Limits: s.Limits, Monitoring: s.Monitoring.Monitoring, Region: s.Region,
		HuggingFaceToken: secret("huggingFaceToken", s.HuggingFaceToken), APIKey: secret("apiKey", s.APIKey),
		GrafanaPassword: secret("grafanaPassword", s.GrafanaPassword), TracesToken: secret("tracesToken", s.TracesToken),
		passedOver: passedOver{}, source: *source, typed: typed, root: s,
	}
	c.AlertReceivers = map[string]pulumi.StringPtrInput{}
	for _, r := range c.alertReceivers() {
		if value := secret(r.key, r.secret); value != nil {
			c.AlertReceivers[r.kind] = value
		}
	}
	for _, m := range s.Models {
		c.Models = append(c.Models, m.Spec)
	}
	return c
}

// wrongShape replaces a shape that is reported as wrong, so that the shape is not
// reported as missing too.
const wrongShape = "{}"

// decodeShape returns the model's config.json from the path of the file, from a mapping
// with its keys, or from a model of the catalogue with the same shape.
func decodeShape(value any, report func(format string, values ...any)) any {
	switch value := value.(type) {
	case string:
		text, err := os.ReadFile(value)
		if err == nil {
			return string(text)
		}
		if _, exists := catalogue.FindShape(value); exists {
			return value
		}
		// The message does not repeat the value, which may be a secret.
		report("is a string, and no file with that path can be read; want the path of the model's config.json, relative to the folder of the project, or a model of the catalogue")
		return wrongShape
	case map[string]any:
		text, err := json.Marshal(value)
		if err == nil {
			_, err = catalogue.ParseShape(text)
		}
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				report("%s", line)
			}
			return wrongShape
		}
		return string(text)
	}
	report("is %s, want the path of the model's config.json, or a mapping with its keys", keys.Describe(value))
	return wrongShape
}
