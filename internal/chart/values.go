// Package chart merges a user's values of a Helm chart with those of the program. It
// refuses values that the program sets, and secrets in plain text.
package chart

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// SetBy maps a path of a chart's values, such as operator.replicaCount, to the
// configuration key that sets the path and everything below it. The key is "" if only
// the program sets the path.
type SetBy map[string]string

// ServiceMonitorKey and LabelsKey are the keys that enable ServiceMonitors for a chart,
// and that set their labels.
const (
	ServiceMonitorKey = "monitoring.serviceMonitor"
	LabelsKey         = "monitoring.labels"
)

// Merge returns the program's values merged with the user's. It merges mappings, but
// not lists. If both have a value, the program's applies, except for resources, which
// the user may change. CheckValues refuses the other conflicts.
func Merge(program, user map[string]any) map[string]any {
	return merge("", program, user)
}

func merge(path string, program, user map[string]any) map[string]any {
	merged := maps.Clone(program)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, value := range user {
		full := below(path, key)
		programValue, set := program[key]
		programMap, programIsMap := programValue.(map[string]any)
		userMap, userIsMap := value.(map[string]any)
		switch {
		case programIsMap && userIsMap:
			merged[key] = merge(full, programMap, userMap)
		case !set || isResources(full):
			merged[key] = value
		}
	}
	return merged
}

// isResources reports whether a path belongs to the requests and limits of a container.
// The program's values are an estimate for a cluster of usual size.
func isResources(path string) bool {
	return slices.Contains(strings.Split(path, "."), "resources")
}

// CheckValues refuses user values that the program sets, each by its full key below
// path. It also refuses values without effect, and secrets in plain text.
func CheckValues(found *field.ErrorList, path *field.Path, program, user map[string]any, setBy SetBy) {
	for _, key := range slices.Sorted(maps.Keys(user)) {
		checkValue(found, path, key, key, program, user[key], setBy)
	}
}

// checkValue checks the user's value at a path of the chart. program holds the
// program's values of the same mapping, and name the last key of the path.
func checkValue(found *field.ErrorList, path *field.Path, full, name string, program map[string]any, value any, setBy SetBy) {
	if owner, reserved := setBy[full]; reserved {
		problems.Forbidden(found, path.Child(full), "%s", setByMessage(owner))
		return
	}
	programValue, set := program[name]
	programMap, programIsMap := programValue.(map[string]any)
	userMap, userIsMap := value.(map[string]any)
	switch {
	case userIsMap && (programIsMap || !set):
		for _, key := range slices.Sorted(maps.Keys(userMap)) {
			checkValue(found, path, full+"."+key, key, programMap, userMap[key], setBy)
		}
	case set && !isResources(full):
		problems.Forbidden(found, path.Child(full), "%s", setByMessage(""))
	default:
		checkLeaf(found, path.Child(full), name, value)
	}
}

func setByMessage(key string) string {
	if key == "" {
		return "is set by this program; remove it"
	}
	return fmt.Sprintf("is set by %s; remove it, and set that key", key)
}

// checkLeaf refuses a value without effect, and a secret. No message repeats a value.
func checkLeaf(found *field.ErrorList, key *field.Path, name string, value any) {
	switch v := value.(type) {
	case nil:
		problems.Invalid(found, key, "has no value; a default of the chart cannot be removed, want a value of the kind that the chart has there")
	case string:
		if v != "" && (isSecretName(name) || hasPassword(v)) {
			problems.Invalid(found, key, "looks like an unencrypted secret, which would be in the stack's file, in Pulumi's state and in Helm's record; "+
				"put it into a Secret, and name the Secret by the chart's own key, such as existingSecret")
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			checkLeaf(found, key.Child(k), nameOf(v, k), v[k])
		}
	case []any:
		for i, item := range v {
			checkLeaf(found, key.Index(i), name, item)
		}
	}
}

// nameOf returns the name of a value in a mapping: its key, or the name of the
// environment variable for the value of a variable.
func nameOf(mapping map[string]any, key string) string {
	if name, ok := mapping["name"].(string); ok && key == "value" {
		return name
	}
	return key
}

// secretEndings are the ends of the names of secret values. Other names, such as
// passwordKey, tokenFile or configSecret, refer to a secret.
var secretEndings = []string{
	"password", "passwd", "passphrase", "token", "apikey", "secretkey", "accesskey", "privatekey", "clientsecret", "credentials",
	"slackapiurl", "webhookurl", "servicekey", "routingkey", "integrationkey",
}

func isSecretName(name string) bool {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	return plain == "secret" || slices.ContainsFunc(secretEndings, func(end string) bool { return strings.HasSuffix(plain, end) })
}

// hasPassword reports whether a value is a URL with a password.
func hasPassword(value string) bool {
	address, err := url.Parse(value)
	if err != nil || address.User == nil {
		return false
	}
	_, ok := address.User.Password()
	return ok
}

func below(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// Labels returns labels in the form of a chart's values.
func Labels(labels map[string]string) map[string]any {
	values := map[string]any{}
	for key, value := range labels {
		values[key] = value
	}
	return values
}
