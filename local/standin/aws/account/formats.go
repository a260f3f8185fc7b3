package account

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/partition"
	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
)

// format returns a description of the valid values, or "" if the value is valid.
type format func(value any, s *Session) string

// formats are formats by the path of the value.
type formats map[string]format

// oneOf accepts the values of an enumeration of AWS' SDK.
func oneOf[T ~string](values []T) format {
	return func(value any, _ *Session) string {
		if text, _ := value.(string); slices.Contains(values, T(text)) {
			return ""
		}
		if len(values) > 30 {
			return fmt.Sprintf("one of the %d that AWS has", len(values))
		}
		return fmt.Sprintf("one of %q", values)
	}
}

// between accepts numbers of a range.
func between(low, high float64) format {
	return func(value any, _ *Session) string {
		if number, _ := value.(float64); number >= low && number <= high {
			return ""
		}
		return fmt.Sprintf("a number from %g to %g", low, high)
	}
}

func anyOfNumbers(numbers ...float64) format {
	return func(value any, _ *Session) string {
		if number, _ := value.(float64); slices.Contains(numbers, number) {
			return ""
		}
		return fmt.Sprintf("one of %v", numbers)
	}
}

func matching(expression, want string) format {
	compiled := regexp.MustCompile("^(?:" + expression + ")$")
	return func(value any, _ *Session) string {
		if text, _ := value.(string); compiled.MatchString(text) {
			return ""
		}
		return want
	}
}

// inPartition accepts ARNs of the region's partition that match an expression after it.
func inPartition(expression, want string) format {
	matches := matching("arn:(aws|aws-cn|aws-us-gov):(?:"+expression+")", want)
	return func(value any, s *Session) string {
		local := partition.Of(s.Region)
		if text, _ := value.(string); !strings.HasPrefix(text, "arn:"+local+":") {
			return want + " in the partition " + local
		}
		return matches(value, s)
	}
}

// cidr accepts IPv4 networks without bits in the host part.
func cidr(low, high int) format {
	return func(value any, _ *Session) string {
		text, _ := value.(string)
		if prefix, err := netip.ParsePrefix(text); err == nil && prefix.Addr().Is4() && prefix == prefix.Masked() &&
			prefix.Bits() >= low && prefix.Bits() <= high {
			return ""
		}
		return fmt.Sprintf("an IPv4 network such as 10.0.0.0/16, from /%d to /%d", low, high)
	}
}

// arn accepts ARNs of a service's resources, in this account or owned by AWS.
func arn(service, rest string) format {
	compiled := regexp.MustCompile(`^arn:aws(?:-cn|-us-gov)?:` + service + `:([a-z0-9-]*):(\d{12}|aws|):` + rest + `$`)
	return func(value any, s *Session) string {
		text, _ := value.(string)
		parts := compiled.FindStringSubmatch(text)
		local := partition.Of(s.Region)
		switch {
		case parts == nil:
			return "an ARN of " + service
		case !strings.HasPrefix(text, "arn:"+local+":"):
			return "an ARN of the partition " + local
		case parts[1] != "" && parts[1] != s.Region:
			return "an ARN of the region " + s.Region
		}
		return ""
	}
}

// zone accepts the region's zones.
func zone(value any, s *Session) string {
	names := awsdata.Zones(s.Region)
	if text, _ := value.(string); slices.Contains(names, text) {
		return ""
	}
	return fmt.Sprintf("one of the zones %q", names)
}

// jsonText accepts a string with a JSON object.
func jsonText(value any, _ *Session) string {
	text, _ := value.(string)
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return fmt.Sprintf("a JSON object: %v", err)
	}
	return ""
}

func base64Text(value any, _ *Session) string {
	text, _ := value.(string)
	if decoded, err := base64.StdEncoding.DecodeString(text); err != nil || len(decoded) > 16<<10 {
		return "at most 16 KiB in base64"
	}
	return ""
}

// policyOf is the kind of a policy. It decides which elements the statements have.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
type policyOf int

const (
	ofIdentity policyOf = iota // has Resource and no Principal
	ofTrust                    // has Principal and no Resource
	ofResource                 // has both
)

var action = regexp.MustCompile(`^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$`)

// oneOrMore is a string or a list of strings.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(o))
}

type statement struct {
	Sid, Effect             string
	Principal, NotPrincipal json.RawMessage
	Action, NotAction       oneOrMore
	Resource, NotResource   oneOrMore
	Condition               map[string]map[string]oneOrMore
}

type policy struct {
	Version, Id string //nolint:revive // AWS' name
	Statement   []statement
}

func readPolicy(text string) (policy, error) {
	var p policy
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&p)
	return p, err
}

// policyDocument accepts policies up to a length.
func policyDocument(kind policyOf, maximum int) format {
	return func(value any, _ *Session) string {
		text, _ := value.(string)
		p, err := readPolicy(text)
		switch {
		case err != nil:
			return fmt.Sprintf("a policy in JSON: %v", err)
		case len(text) > maximum:
			return fmt.Sprintf("a policy of at most %d characters, not %d", maximum, len(text))
		case p.Version != "2012-10-17":
			return `a policy of the Version "2012-10-17"`
		case len(p.Statement) == 0:
			return "a policy with a Statement"
		}
		for i, s := range p.Statement {
			if want := s.wrong(kind); want != "" {
				return fmt.Sprintf("a policy whose Statement[%d] has %s", i, want)
			}
		}
		return ""
	}
}

func (s statement) wrong(kind policyOf) string {
	hasPrincipal := s.Principal != nil || s.NotPrincipal != nil
	hasResource := len(s.Resource)+len(s.NotResource) > 0
	switch {
	case s.Effect != "Allow" && s.Effect != "Deny":
		return "the Effect Allow or Deny"
	case len(s.Action) > 0 == (len(s.NotAction) > 0):
		return "either Action or NotAction"
	case hasPrincipal == (kind == ofIdentity):
		return map[bool]string{true: "no Principal", false: "a Principal"}[hasPrincipal]
	case hasResource == (kind == ofTrust):
		return map[bool]string{true: "no Resource", false: "a Resource"}[hasResource]
	}
	for _, a := range slices.Concat(s.Action, s.NotAction) {
		if !action.MatchString(a) {
			return fmt.Sprintf("actions such as ec2:DescribeInstances, not %q", a)
		}
	}
	for _, r := range slices.Concat(s.Resource, s.NotResource) {
		if r != "*" && !strings.HasPrefix(r, "arn:") {
			return fmt.Sprintf("ARNs or * as its Resource, not %q", r)
		}
	}
	return ""
}

// trusts reports whether a service may assume a role.
func trusts(policyText, service string) bool {
	p, err := readPolicy(policyText)
	if err != nil {
		return false
	}
	for _, s := range p.Statement {
		var principal struct{ Service oneOrMore }
		if s.Effect == "Allow" && slices.Contains(s.Action, "sts:AssumeRole") &&
			json.Unmarshal(s.Principal, &principal) == nil && slices.Contains(principal.Service, service) {
			return true
		}
	}
	return false
}
