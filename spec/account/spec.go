// Package account declares the keys tags, aws:region and aws:profile, and what a preview reads of an AWS account. It imports neither Pulumi
// nor the AWS SDK.
package account

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/keys"
	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// Spec says which account is used. The zero value is none: the stack creates
// nothing on AWS.
type Spec struct {
	// Region is the AWS region. Models in S3 are read there, and its prices are used.
	// Default: required to create anything on AWS; else prices are those of us-east-1.
	Region string `key:"aws:region" page:"account" example:"us-west-2"`
	// Profile is a profile of the AWS configuration, also for kubectl. Other options of
	// the AWS provider belong there. Default: the credentials of the
	// environment.
	Profile string `key:"aws:profile" page:"account"`
	// Tags are added to everything on AWS that can have tags, beside those with the
	// names of the project and the stack. At most 40.
	Tags map[string]string `key:"tags" page:"account"`
}

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	keys.Complete(&s)
	return s
}

// mostTags is how many tags something can have, less those that the program and
// AWS' own controllers add.
const mostTags = 40

// Validate returns every problem of the spec, each beginning with its key: those of the
// tags under path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&s, nil)
	if len(s.Tags) > mostTags {
		problems.Invalid(&found, path, "are %d, want at most %d", len(s.Tags), mostTags)
	}
	for key, value := range s.Tags {
		switch {
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			problems.Invalid(&found, path.Child(key), "is a key of AWS' own; want one that does not begin with aws:")
		case key == ProjectTag || key == StackTag:
			problems.Forbidden(&found, path.Child(key), "is what the program tells the stacks of an account apart by; remove it")
		case !isTag(key, 128) || !isTag(value, 256):
			problems.Invalid(&found, path.Child(key), "is %q, want letters, digits, spaces and _ . : / = + - @, a key of at most 128 and a value of at most 256", value)
		case breaksArgument(key) || breaksArgument(value) || strings.Contains(key, "="):
			problems.Invalid(&found, path.Child(key), "is %q, which the load balancer controller cannot be given; want no colon before a space or at an end, and no = in the key", value)
		}
	}
	slices.SortFunc(found, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
	return found
}

// breaksArgument reports whether YAML takes a text for a mapping. The chart of the
// load balancer controller writes the tags into one argument without quotes, as
// key=value, one after the other.
// https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/v3.5.0/helm/aws-load-balancer-controller/templates/deployment.yaml
func breaksArgument(text string) bool {
	return strings.Contains(text, ": ") || strings.HasSuffix(text, ":")
}

const tagRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.:/=+-@"

// isTag reports whether every service of AWS takes a text as the key or the value
// of a tag.
// https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
func isTag(text string, longest int) bool {
	if text == "" || len([]rune(text)) > longest {
		return false
	}
	for _, r := range text {
		if !strings.ContainsRune(tagRunes, r) {
			return false
		}
	}
	return true
}

// ProjectTag and StackTag say whose something is.
const (
	ProjectTag = "vllm-eks:project"
	StackTag   = "vllm-eks:stack"
)

// AllTags returns the spec's tags and those that name the project and the stack.
func (s Spec) AllTags(project, stack string) map[string]string {
	tags := map[string]string{ProjectTag: project, StackTag: stack}
	for key, value := range s.Tags {
		tags[key] = value
	}
	return tags
}
