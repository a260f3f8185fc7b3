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

// Kind is what the stand-in knows of one type of resource.
type Kind struct {
	Inputs  pulumi.Input // the SDK's own arguments: names and types of the inputs
	Outputs any          // its resource: names of the outputs
	// required are inputs that have to be there although their type does not say so.
	required []string
	// Documents are inputs that may be given as an object and are JSON in the end.
	Documents []string
	// Name is the input that gets an automatic name of at most MaxName characters;
	// Prefix may be given instead.
	Name, Prefix string
	MaxName      int
	// identity makes the ID: a prefix such as vpc- that random digits follow, or a
	// template of outputs such as {clusterName}:{addonName}.
	identity string
	// unique are inputs that no two resources share; exists is AWS' error for that.
	unique []string
	exists string
	// replaces are the inputs, by path, whose change makes a new resource. A plus
	// or minus before one means only where it is added or removed.
	replaces []string
	// versioned are outputs that count the changes.
	versioned []string
	// computed are outputs by template; completed are optional inputs that AWS
	// fills in where they are not given.
	computed  map[string]string
	completed []string
	formats   formats
	check     func(c *shape.Problems, inputs map[string]any) // of the inputs alone
	compare   func(records stock, r, before *Record) error   // with the rest of the account
	fill      func(s *Session, records stock, r *Record)     // outputs that are no template
	held      func(records stock, r *Record) error           // what else prevents its deletion
	// send leaves in an update's outputs what the provider does not send, and does
	// what AWS does with the rest.
	send func(s *Session, records stock, r, before *Record, state map[string]any) ([]Event, error)
	// afford refuses a new resource that the account's quotas have no room for.
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

// expand fills the places of a template with a resource's outputs.
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

// digits are random, and hexadecimal.
func digits(n int) string {
	raw := make([]byte, (n+1)/2)
	_, _ = rand.Read(raw) // it never fails
	return hex.EncodeToString(raw)[:n]
}

// completeName gives a name to a resource of which only a prefix is given, as
// AWS' provider does: the time in 18 digits, and a counter in eight hexadecimal
// ones. The counter has a letter here as it has after nine names.
// https://github.com/hashicorp/terraform-plugin-sdk/blob/v2.37.0/helper/id/id.go, PrefixedUniqueId (read 2026-11-29)
func (k *Kind) completeName(r *Record) {
	if prefix := textAt(r.Inputs, k.Prefix); k.Prefix != "" && prefix != "" {
		now := strings.Replace(time.Now().UTC().Format("20060102150405.0000"), ".", "", 1)
		r.Outputs[k.Name] = prefix + now + "00000a" + digits(2)
	}
}

// complete adds the outputs that AWS would.
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

// keepNested leaves what AWS added to an object that the program gave.
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

// changed tells whether anything but tags differs.
func (k *Kind) changed(olds, news map[string]any) bool {
	different := false
	compare("", olds, news, func(place string, _ byte) {
		different = different || !strings.HasPrefix(place, "tags.") && place != "tags"
	})
	return different
}

// replaced tells whether a change at a place makes a new resource.
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
