package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// Config is a stack's whole configuration, with defaults, and valid.
type Config struct {
	// Platform is everything below the models.
	Platform Platform
	// Namespaces are where models may run (key namespaces). Default: one,
	// called inference.
	Namespaces []serving.NamespaceSpec
	// NodeGroups are the nodes with GPUs, as models see them (key nodeGroups).
	// Default: none.
	NodeGroups []serving.NodeGroup
	// Costs are prices, and what is paid for beside the models (key costs).
	Costs Costs
	// Limits fail a preview that exceeds them (key limits).
	Limits Limits
	// Monitoring is what watches the models (key monitoring). Default: the
	// Prometheus that is installed, if one is.
	Monitoring serving.Monitoring
	// Region is the AWS region (key aws:region). Default: none.
	Region string
	// Models are the services, one for each model (key models). Default: none.
	Models []serving.Spec
	// HuggingFaceToken reads gated models; nil if there is none (key
	// huggingFaceToken, encrypted).
	HuggingFaceToken pulumi.StringPtrInput
	// APIKey is what clients of every model must send; nil if nothing is asked
	// of them (key apiKey, encrypted).
	APIKey pulumi.StringPtrInput
	// GrafanaPassword is the password of Grafana's administrator; nil if none is
	// given (key grafanaPassword, encrypted).
	GrafanaPassword pulumi.StringPtrInput

	// passedOver are the cheaper node groups that were not chosen, by the model's
	// index.
	passedOver map[int][]serving.PassedOver

	source *Source
	// location is where the existing cluster is; nil if that is not known.
	location *cluster.Location
	warnings []string
}

// secretKeys are those whose values are encrypted.
var secretKeys = []string{"apiKey", "grafanaPassword", "huggingFaceToken"}

// Load decodes and checks the configuration, also against what the account
// offers, where a reader is given and the stack makes a cluster. Its error holds
// every problem, each beginning with its key.
func Load(source *Source, read account.Reader) (*Config, error) {
	d := &decoding{origin: map[string]string{}}
	top := &node{values: d.values(source), d: d}
	cfg := &Config{
		Platform:         decodePlatform(top, source),
		HuggingFaceToken: d.secretText(source, "huggingFaceToken"),
		APIKey:           d.secretText(source, "apiKey"),
		passedOver:       map[int][]serving.PassedOver{},
		GrafanaPassword:  d.secretText(source, "grafanaPassword"),
		source:           source,
	}
	// The secrets are read apart, so that no message can hold them.
	top.asked = append(top.asked, secretKeys...)
	cfg.Namespaces = decodeNamespaces(top)
	cfg.Region = source.region()
	cfg.NodeGroups, cfg.Platform.Nodes.Groups = decodeNodeGroups(top)
	cfg.Costs, cfg.Limits = decodeCosts(top), decodeLimits(top)
	watch := top.object("monitoring")
	cfg.Monitoring = decodeMonitoring(watch)
	decodePrometheus(watch, &cfg.Platform)
	cfg.Models = decodeModels(top)
	top.close()
	cfg.check(d, read)
	if err := problems.Err(d.found); err != nil {
		return nil, err
	}
	return cfg, nil
}

// values parses the keys of this program: Pulumi hands over lists and mappings
// as JSON.
func (d *decoding) values(source *Source) map[string]any {
	values := map[string]any{}
	for _, key := range source.keys() {
		text, _ := source.value(key)
		switch {
		case slices.Contains(secretKeys, key):
		case source.isSecret(key):
			d.add(field.ErrorTypeInvalid, key, "holds an encrypted value, which would be stored in clear from here; only %s may be encrypted", strings.Join(secretKeys, ", "))
			d.refused = append(d.refused, key)
			values[key] = nil
		case text == "":
			d.add(field.ErrorTypeRequired, key, "has no value; give it one or remove the key")
			d.refused = append(d.refused, key)
			values[key] = nil
		default:
			values[key] = parse(text)
		}
	}
	return values
}

// parse reads JSON, keeping numbers as they were typed. What is no JSON is a
// plain text.
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

// secretText is an encrypted text, or nil if it is not given. No message
// repeats any of it.
func (d *decoding) secretText(source *Source, key string) pulumi.StringPtrInput {
	text, ok := source.value(key)
	switch {
	case !ok:
		return nil
	case !source.isSecret(key):
		d.add(field.ErrorTypeInvalid, key, "is stored in clear; revoke it, since it may have been seen, and set a new one with: pulumi config set --secret %s:%s", namespace, key)
	case text == "":
		d.add(field.ErrorTypeInvalid, key, "is empty; set it with: pulumi config set --secret %s:%s", namespace, key)
	case strings.ContainsAny(text, " \t\r\n"):
		d.add(field.ErrorTypeInvalid, key, "has white space in it, perhaps a line break at its end; set it again without")
	case strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["):
		d.add(field.ErrorTypeInvalid, key, "is a list or a mapping, want one text; set it with: pulumi config set --secret %s:%s", namespace, key)
	}
	return pulumi.ToSecret(pulumi.String(text)).(pulumi.StringOutput).ToStringPtrOutput()
}

// warn adds what one ought to know of a configuration that is valid.
func (c *Config) warn(format string, values ...any) {
	c.warnings = append(c.warnings, fmt.Sprintf(format, values...))
}

func decodeNamespaces(top *node) []serving.NamespaceSpec {
	if !top.has("namespaces") {
		top.asked = append(top.asked, "namespaces")
		return []serving.NamespaceSpec{{Name: "inference"}}
	}
	var specs []serving.NamespaceSpec
	for _, n := range top.objects("namespaces") {
		specs = append(specs, serving.NamespaceSpec{Name: n.str("name"), Existing: n.boolean("existing")})
	}
	return specs
}

// objects is a list of mappings.
func (n *node) objects(key string) []*node {
	items, path := n.list(key)
	var nodes []*node
	for i, item := range items {
		child := &node{path: fmt.Sprintf("%s[%d]", path, i), d: n.d}
		var ok bool
		if child.values, ok = item.(map[string]any); !ok {
			n.d.add(field.ErrorTypeInvalid, child.path, "is %s, want a mapping", describeKind(item))
		}
		n.children = append(n.children, child)
		nodes = append(nodes, child)
	}
	return nodes
}

// check applies the boxes' own defaults and validation, and then what spans
// them. A key that could not be decoded is not reported again for the default
// that took its place.
func (c *Config) check(d *decoding, read account.Reader) {
	done := settled{}
	for _, p := range d.found {
		done[p.Field] = true
	}
	report := func(found field.ErrorList) {
		for _, p := range found {
			if key := d.typedAt(p.Field); !done.covers(key) {
				d.add(p.Type, key, "%s", p.Detail)
			}
		}
	}
	c.labelGroups()
	for i, g := range c.NodeGroups {
		report(g.Validate(field.NewPath("nodeGroups").Index(i)))
	}
	c.checkPlatform(d, done, report, read)
	for i := range c.Namespaces {
		c.Namespaces[i] = c.recognize(c.Namespaces[i].WithDefaults())
		report(c.Namespaces[i].Validate(field.NewPath("namespaces").Index(i)))
	}
	c.checkReferences(d, done)
	c.checkCosts(d)
	c.checkMonitoring(d, report)
	c.placeLoadBalancers()
	for i := range c.Models {
		m := &c.Models[i]
		m.Storage.Region = c.Region
		m.Costs = c.servingCosts()
		m.Monitoring = c.Monitoring
		d.origin[fmt.Sprintf("models[%d].monitoring", i)] = "monitoring"
		m.Access.Guarded = c.APIKey != nil
		c.chooseNodeGroup(d, done, i)
	}
	c.share()
	c.gate()
	for i := range c.Models {
		c.Models[i] = c.Models[i].WithDefaults()
		report(manifest.Validate(c.Models[i], field.NewPath("models").Index(i)))
	}
	c.checkIdentity(d)
	c.checkIngresses(d)
	c.checkCertificates(d)
	c.checkRoles(d)
	c.checkCaches(d)
	if len(d.found) == 0 {
		c.checkSize(d)
	}
}

// settled are keys about which nothing is left to say.
type settled map[string]bool

// covers tells whether the key, or anything that it is a part of, is settled.
func (s settled) covers(key string) bool {
	for at := key; at != ""; at = parent(at) {
		if s[at] {
			return true
		}
	}
	return false
}

// parent is the key that a key is a part of: models[1].gpu of
// models[1].gpu.count, or "" of models.
func parent(key string) string {
	return key[:max(strings.LastIndexAny(key, ".["), 0)]
}

// typedAt is where the user typed a key: a model's value may stand in the
// defaults.
func (d *decoding) typedAt(key string) string {
	for at := key; at != ""; at = parent(at) {
		if origin, ok := d.origin[at]; ok {
			return origin + key[len(at):]
		}
	}
	return key
}
