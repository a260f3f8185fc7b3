package account

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/partition"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// Kind is the simulation of one type of resource.
type Kind struct {
	Inputs  pulumi.Input // the SDK's own arguments: names and types of the inputs
	Outputs any          // its resource: names of the outputs
	// required are inputs that AWS requires although their type is optional.
	required []string
	// Documents are inputs that may be an object, and are sent as JSON.
	Documents []string
	// Name is the input that gets an automatic name of at most MaxName characters.
	// Prefix is the input that replaces it.
	Name, Prefix string
	MaxName      int
	// identity is the form of the ID: a prefix such as vpc-, which random digits follow,
	// or a template of outputs such as {clusterName}:{addonName}.
	identity string
	// unique are inputs that no two resources share. exists is AWS' error for duplicates.
	unique []string
	exists string
	// replaces are the inputs, by path, whose change replaces the resource. With a plus
	// or minus before the path, only adding or removing the input does.
	replaces []string
	// versioned are outputs that count changes.
	versioned []string
	// computed are outputs by template. completed are optional inputs that AWS fills in.
	computed  map[string]string
	completed []string
	formats   formats
	check     func(c *shape.Problems, inputs map[string]any) // inputs alone
	compare   func(records stock, r, before *Record) error   // with the other resources
	fill      func(s *Session, records stock, r *Record)     // outputs without a template
	held      func(records stock, r *Record) error           // further reasons against a deletion
	// send keeps in an update's outputs the values that the provider does not send, and
	// simulates AWS' reaction to the others.
	send func(s *Session, records stock, r, before *Record, state map[string]any) ([]Event, error)
	// afford returns an error if a new resource exceeds the account's quotas.
	afford func(s *Session, records stock, r *Record) error
}

func (k *Kind) short(typ string) string {
	short, _, _ := strings.Cut(strings.TrimPrefix(typ, "aws:"), ":")
	return short
}

func (k *Kind) expect(records stock, r, before *Record) error {
	if k.compare == nil {
		return nil
	}
	return k.compare(records, r, before)
}

var placeholder = regexp.MustCompile(`\{[A-Za-z.]+\}`)

// expand replaces the placeholders of a template with a resource's outputs.
func expand(template string, r *Record) string {
	return placeholder.ReplaceAllStringFunc(template, func(field string) string {
		switch name := strings.Trim(field, "{}"); name {
		case "id":
			return r.ID
		case "account":
			return ID
		case "region":
			return r.Region
		case "partition":
			return partition.Of(r.Region)
		default:
			return textAt(r.Outputs, name)
		}
	})
}

func (k *Kind) id(r *Record) string {
	if strings.Contains(k.identity, "{") {
		return expand(k.identity, r)
	}
	return k.identity + digits(17)
}

// digits returns random hexadecimal digits.
func digits(n int) string {
	raw := make([]byte, (n+1)/2)
	_, _ = rand.Read(raw) // it never fails
	return hex.EncodeToString(raw)[:n]
}

// completeName names a resource that has only a prefix, like AWS' provider: with the time in 18
// digits, and a counter of eight hexadecimal digits. The counter's letter appears in reality
// after nine names.
// https://github.com/hashicorp/terraform-plugin-sdk/blob/v2.37.0/helper/id/id.go, PrefixedUniqueId (read 2026-11-29)
func (k *Kind) completeName(r *Record) {
	if prefix := textAt(r.Inputs, k.Prefix); k.Prefix != "" && prefix != "" {
		now := strings.Replace(time.Now().UTC().Format("20060102150405.0000"), ".", "", 1)
		r.Outputs[k.Name] = prefix + now + "00000a" + digits(2)
	}
}

// complete adds the outputs that AWS sets.
func (k *Kind) complete(s *Session, records stock, r *Record) {
	for _, name := range slices.Sorted(maps.Keys(k.computed)) {
		if r.Outputs[name] == nil {
			r.Outputs[name] = expand(k.computed[name], r)
		}
	}
	outputs := k.outputs()
	for _, name := range k.versioned {
		if r.Outputs[name] == nil {
			r.Outputs[name] = float64(1)
		}
	}
	if _, tagged := outputs["tagsAll"]; tagged {
		r.Outputs["tagsAll"] = s.allTags(r.Inputs)
	}
	if k.fill != nil {
		k.fill(s, records, r)
	}
}

// nested are objects to which AWS adds fields.
var nested = []string{"vpcConfig", "accessConfig", "kubernetesNetworkConfig"}

// keepNested keeps the fields that AWS added to an object of the program.
func (k *Kind) keepNested(out, before map[string]any) {
	for _, name := range nested {
		object, had := asObject(out[name]), asObject(before[name])
		if object == nil || had == nil {
			continue
		}
		merged := maps.Clone(had)
		maps.Copy(merged, object)
		out[name] = merged
	}
}

// changed reports whether anything but tags differs.
func (k *Kind) changed(olds, news map[string]any) bool {
	different := false
	compare("", olds, news, func(place string, _ byte) {
		different = different || !strings.HasPrefix(place, "tags.") && place != "tags"
	})
	return different
}

// replaced reports whether a change at a place replaces the resource.
func (k *Kind) replaced(place string, kind byte) bool {
	matches := pattern(place)
	for _, path := range k.replaces {
		condition := path[0]
		if condition == '+' || condition == '-' {
			path = path[1:]
		}
		if (matches == path || strings.HasPrefix(matches, path+".") || strings.HasPrefix(matches, path+"[")) &&
			(condition != '+' && condition != '-' || condition == kind) {
			return true
		}
	}
	return false
}
