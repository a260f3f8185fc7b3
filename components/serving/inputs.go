package serving

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// source holds an input of a service whose value another resource produces.
type source struct {
	// key is the key of the input, such as storage.cache.claim.
	key string
	// value resolves to a string, a *string or a list of strings.
	value pulumi.Output
}

// inputs converts the inputs of a service while its arguments become a spec. Inputs
// with plain values keep them. The other inputs are sources: they get the value of
// their key in values, or a sample.
type inputs struct {
	values   map[string]any
	sources  []source
	problems field.ErrorList
}

// text returns the value of an input; "" if it is not set.
func (c *inputs) text(key string, input pulumi.StringPtrInput) string {
	switch input := input.(type) {
	case nil:
		return ""
	case pulumi.String:
		return string(input)
	}
	if isUnset(input) {
		c.unset(key)
		return ""
	}
	return c.produced(source{key, input.ToStringPtrOutput()})
}

// texts returns the value of an input that is a list.
func (c *inputs) texts(key string, input pulumi.StringArrayInput) []string {
	if input == nil {
		return nil
	}
	if texts, ok := plainTexts(input); ok {
		return texts
	}
	if isUnset(input) {
		c.unset(key)
		return nil
	}
	c.sources = append(c.sources, source{key, input.ToStringArrayOutput()})
	if texts, ok := c.values[key].([]string); ok {
		return texts
	}
	return sampleList(key, len(c.sources), 0)
}

// isUnset reports whether an input is or contains the zero value of an output. No
// resource produces this value, and Pulumi cannot convert it.
func isUnset(input pulumi.Input) bool {
	switch input := input.(type) {
	case pulumi.StringOutput:
		return input == pulumi.StringOutput{}
	case pulumi.StringPtrOutput:
		return input == pulumi.StringPtrOutput{}
	case pulumi.StringArrayOutput:
		return input == pulumi.StringArrayOutput{}
	case pulumi.StringArray:
		return slices.ContainsFunc(input, func(item pulumi.StringInput) bool { return isUnset(item) })
	}
	return false
}

const unsetOutput = "is an output that was never set; pass the output of a resource, or leave the argument out"

// unset adds the problem of an output that is a zero value.
func (c *inputs) unset(key string) {
	c.problems = append(c.problems, &field.Error{Type: field.ErrorTypeRequired, Field: key, Detail: unsetOutput})
}

// produced returns the value of an input that another resource produces.
func (c *inputs) produced(input source) string {
	c.sources = append(c.sources, input)
	if text, ok := c.values[input.key].(string); ok {
		return text
	}
	return sample(input.key, len(c.sources), 0)
}

// plainTexts returns the strings of a list whose items are plain.
func plainTexts(input pulumi.StringArrayInput) (texts []string, ok bool) {
	list, ok := input.(pulumi.StringArray)
	if !ok {
		return nil, false
	}
	for _, item := range list {
		text, plain := item.(pulumi.String)
		if !plain && item != nil {
			return nil, false
		}
		texts = append(texts, string(text))
	}
	return texts, true
}

// json returns a mapping as JSON; "" if it is not set.
func (c *inputs) json(key string, mapping map[string]any) string {
	if mapping == nil {
		return ""
	}
	text, err := json.Marshal(mapping)
	if err != nil {
		c.problems = append(c.problems, &field.Error{Type: field.ErrorTypeInvalid, Field: key, Detail: fmt.Sprintf("is no JSON: %s", err)})
	}
	return string(text)
}

// items converts a list of arguments to a part of the spec.
func items[Args, Spec any](list []Args, converter *inputs, path string, convert func(*Args, *inputs, string) Spec) []Spec {
	var specs []Spec
	for i := range list {
		specs = append(specs, convert(&list[i], converter, fmt.Sprintf("%s[%d].", path, i)))
	}
	return specs
}

// sample returns a valid value of an input. The number makes the samples of all inputs
// different, and the variant the samples of one input.
func sample(key string, number, variant int) string {
	name := fmt.Sprintf("sample-%d-%d", number, variant)
	switch key[strings.LastIndex(key, ".")+1:] {
	case "certificateArn":
		return "arn:aws:acm:us-east-1:111122223333:certificate/" + name
	case "roleArn":
		return "arn:aws:iam::111122223333:role/" + name
	case "prometheusUrl":
		return "http://" + name + ".example.com:9090"
	}
	return name
}

// sampleList returns a valid list of an input. Lists of different variants have
// different lengths.
func sampleList(key string, number, variant int) []string {
	var list []string
	for i := range variant + 1 {
		if strings.HasSuffix(key, "Cidrs") {
			list = append(list, fmt.Sprintf("10.%d.%d.0/24", number, 2*variant+i))
		} else {
			list = append(list, sample(key, number, 2*variant+i))
		}
	}
	return list
}

// variant returns another sample than the one that inputs uses.
func (s source) variant(number int) any {
	if _, list := s.value.(pulumi.StringArrayOutput); list {
		return sampleList(s.key, number, 1)
	}
	return sample(s.key, number, 1)
}

// resolved returns the value of a source. It returns an error for a source without a
// value, because that would change the list of objects.
func (s source) resolved(value any) (any, *field.Error) {
	switch v := value.(type) {
	case *string:
		if v != nil {
			value = *v
		} else {
			value = ""
		}
	case nil:
		value = ""
	}
	switch v := value.(type) {
	case string:
		if v != "" {
			return v, nil
		}
	case []string:
		if len(v) > 0 {
			return v, nil
		}
	}
	return value, &field.Error{Type: field.ErrorTypeRequired, Field: s.key, Detail: "is an output without a value; give it one, or leave the argument out"}
}
