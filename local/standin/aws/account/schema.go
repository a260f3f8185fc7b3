package account

import (
	"maps"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// inputs returns the properties that a program may set, by name.
func (k *Kind) inputs() map[string]reflect.StructField { return shape.Fields(k.Inputs.ElementType()) }

// outputs returns the properties of an existing resource. The value is true for those that it
// has only if the program sets them.
func (k *Kind) outputs() map[string]bool {
	inputs := k.inputs()
	found := map[string]bool{}
	for name, field := range shape.Fields(reflect.TypeOf(k.Outputs)) {
		value, isInput := inputs[name]
		// StringPtrOutput and similar types are optional. A list or map is too, unless AWS
		// fills it in (completed).
		optional := strings.HasSuffix(field.Type.Name(), "PtrOutput") ||
			isInput && (value.Type.Kind() == reflect.Slice || value.Type.Kind() == reflect.Map)
		found[name] = isInput && optional && !slices.Contains(k.completed, name)
	}
	return found
}

// Check checks a resource's inputs without the other resources of the account.
func (s *Session) Check(typ string, inputs map[string]any) (shape.Problems, error) {
	k, err := KindOf(typ)
	if err != nil {
		return nil, err
	}
	var c shape.Problems
	c.Object("", inputs, k.Inputs.ElementType())
	for _, name := range k.required {
		if inputs[name] == nil {
			c.Addf(name, "missing, and required")
		}
	}
	if len(c) > 0 {
		return c, nil // the other checks need valid types
	}
	for _, path := range slices.Sorted(maps.Keys(k.formats)) {
		visit(inputs, path, func(place string, value any) {
			if want := k.formats[path](value, s); want != "" {
				c.Addf(place, "got %s, want %s", shape.Describe(value), want)
			}
		})
	}
	checkTags(&c, inputs, s.DefaultTags)
	if k.check != nil {
		k.check(&c, inputs)
	}
	return c, nil
}

// checkTags checks tags against AWS' rules.
// https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
func checkTags(c *shape.Problems, inputs map[string]any, defaults map[string]string) {
	tags, _ := inputs["tags"].(map[string]any)
	if n := len(tags) + len(defaults); n > 50 {
		c.Addf("tags", "got %d with those of the provider, want at most 50", n)
	}
	names := slices.Collect(maps.Keys(tags))
	sort.Strings(names)
	for _, name := range names {
		value, _ := tags[name].(string)
		if name == "" || len(name) > 128 || len(value) > 256 || strings.HasPrefix(strings.ToLower(name), "aws:") {
			c.Addf("tags", "%q = %q: a key has 1 to 128 characters and does not begin with aws:, a value has at most 256", name, value)
		}
	}
}

// CheckProvider compares the provider's own inputs with the SDK's type.
func CheckProvider(args pulumi.Input, inputs map[string]any) shape.Problems {
	var c shape.Problems
	c.Object("", inputs, args.ElementType())
	if region, isText := inputs["region"].(string); isText && awsdata.Regions[region] == nil {
		c.Addf("region", "got %q, want one of: %s", region, strings.Join(slices.Sorted(maps.Keys(awsdata.Regions)), ", "))
	}
	return c
}
