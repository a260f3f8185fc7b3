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

// Spec holds which account is used. The zero value means no account: the stack creates
// nothing on AWS.
type Spec struct {
	// Region is the AWS region. vLLM reads models in S3 there, and costs use its prices.
	// Default: required to create resources on AWS; else costs use the prices of
	// us-east-1.
	Region string `key:"aws:region" page:"account" example:"us-west-2"`
	// Profile is a profile of the AWS configuration, also for kubectl. Set other options
	// of the AWS provider in that profile. Default: the credentials of the environment.
	Profile string `key:"aws:profile" page:"account"`
	// Tags are added to all AWS resources that can have tags. The program also adds tags
	// with the names of the project and the stack. At most 40.
	Tags map[string]string `key:"tags" page:"account"`
}

// WithDefaults returns the spec with every field set that has a default.
func (s Spec) WithDefaults() Spec {
	keys.Complete(&s)
	return s
}

// maxTags is the largest number of tags of a resource, less the tags that the program and
// AWS' controllers add.
const maxTags = 40

// Validate returns every problem of the spec, each beginning with its key: those of the
// tags under path.
func (s Spec) Validate(path *field.Path) field.ErrorList {
	found := keys.Check(&s, nil)
	if len(s.Tags) > maxTags {
		problems.Invalid(&found, path, "are %d, want at most %d", len(s.Tags), maxTags)
	}
	for key, value := range s.Tags {
		switch {
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			problems.Invalid(&found, path.Child(key), "is a key that AWS reserves; want one that does not begin with aws:")
		case key == ProjectTag || key == StackTag:
			problems.Forbidden(&found, path.Child(key), "is set by the program to identify the stack; remove it")
		case !isTag(key, 128) || !isTag(value, 256):
			problems.Invalid(&found, path.Child(key), "is %q, want letters, digits, spaces and _ . : / = + - @, a key of at most 128 and a value of at most 256", value)
		case breaksArgument(key) || breaksArgument(value) || strings.Contains(key, "="):
			problems.Invalid(&found, path.Child(key), "is %q, which breaks the arguments of the load balancer controller; want no colon before a space or at an end, and no = in the key", value)
		}
	}
	slices.SortFunc(found, func(a, b *field.Error) int { return strings.Compare(a.Field, b.Field) })
	return found
}

// breaksArgument reports whether YAML reads a string as a mapping. The chart of the load
// balancer controller writes the tags into one argument without quotes, as key=value, one
// after the other.
// https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/v3.5.0/helm/aws-load-balancer-controller/templates/deployment.yaml
func breaksArgument(text string) bool {
	return strings.Contains(text, ": ") || strings.HasSuffix(text, ":")
}

const tagRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.:/=+-@"

// isTag reports whether every AWS service accepts a string as the key or the value of a
// tag.
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

// ProjectTag and StackTag identify the stack of a resource.
const (
	ProjectTag = "vllm-eks:project"
	StackTag   = "vllm-eks:stack"
)

// AllTags returns the spec's tags and the tags with the names of the project and the
// stack.
func (s Spec) AllTags(project, stack string) map[string]string {
	tags := map[string]string{ProjectTag: project, StackTag: stack}
	for key, value := range s.Tags {
		tags[key] = value
	}
	return tags
}
