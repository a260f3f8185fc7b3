package objdiff

import (
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// cutLast splits apps/v1/Deployment into its version and its kind.
func cutLast(text string) (version, kind string) {
	i := strings.LastIndex(text, "/")
	return text[:i], text[i+1:]
}

// nested puts a value at a path; a number in the path stands for a list of one.
func nested(path, value string) resource.PropertyMap {
	steps := strings.Split(path, ".")
	current := resource.NewProperty(value)
	for i := len(steps) - 1; i >= 0; i-- {
		if _, err := strconv.Atoi(steps[i]); err == nil {
			current = resource.NewProperty([]resource.PropertyValue{current})
			continue
		}
		current = resource.NewProperty(resource.PropertyMap{resource.PropertyKey(steps[i]): current})
	}
	return current.ObjectValue()
}
