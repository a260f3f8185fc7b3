// Package chart merges a user's values of a Helm chart with those of the program,
// and refuses values that the program sets and secrets in clear.
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
// key of the configuration that sets the path and everything below it; to ""
// where no key does, but the program alone.
type SetBy map[string]string

// ServiceMonitorKey and LabelsKey are the keys that set whether Prometheus scrapes
// what a chart installs, and the labels by which it finds that.
const (
	ServiceMonitorKey = "monitoring.serviceMonitor"
	LabelsKey         = "monitoring.labels"
)

// Merge returns the program's values with the user's below them: mappings are
// merged, lists are not. Where both have a value, the program's is taken, except
// for resources, which the user may change. CheckValues refuses the others.
func Merge(program, user map[string]any) map[string]any {
	return merge("", program, user)
}

func merge(path string, program, user map[string]any) map[string]any {
	merged := maps.Clone(program)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, value := range user {
		at := below(path, key)
		ours, set := program[key]
		oursMap, oursIsMap := ours.(map[string]any)
		userMap, userIsMap := value.(map[string]any)
		switch {
		case oursIsMap && userIsMap:
			merged[key] = merge(at, oursMap, userMap)
		case !set || isResources(at):
			merged[key] = value
		}
	}
	return merged
}

// isResources reports whether a path is within the requests and limits of a
// container. The program's are an estimate for a cluster of usual size.
func isResources(path string) bool {
	return slices.Contains(strings.Split(path, "."), "resources")
}

// CheckValues refuses those of the user's values that the program sets, each by
// its full key below path, and those that would not come into effect or would
// leave a secret in clear.
func CheckValues(found *field.ErrorList, path *field.Path, program, user map[string]any, setBy SetBy) {
	for _, key := range slices.Sorted(maps.Keys(user)) {
		checkValue(found, path, key, key, program, user[key], setBy)
	}
}

// checkValue checks the user's value at a path of the chart; program holds the
// program's values beside it, by the last key of the path.
func checkValue(found *field.ErrorList, path *field.Path, at, last string, program map[string]any, value any, setBy SetBy) {
	if by, reserved := setBy[at]; reserved {
		problems.Forbidden(found, path.Child(at), "%s", setByMessage(by))
		return
	}
	ours, set := program[last]
	oursMap, oursIsMap := ours.(map[string]any)
	userMap, userIsMap := value.(map[string]any)
	switch {
	case userIsMap && (oursIsMap || !set):
		for _, key := range slices.Sorted(maps.Keys(userMap)) {
			checkValue(found, path, at+"."+key, key, oursMap, userMap[key], setBy)
		}
	case set && !isResources(at):
		problems.Forbidden(found, path.Child(at), "%s", setByMessage(""))
	default:
		checkLeaf(found, path.Child(at), last, value)
	}
}

func setByMessage(key string) string {
	if key == "" {
		return "is set by this program; remove it"
	}
	return fmt.Sprintf("is set by %s; remove it, and set that key", key)
}

// checkLeaf refuses a value that does not come into effect, and a secret. No
// message repeats a value.
func checkLeaf(found *field.ErrorList, key *field.Path, name string, value any) {
	switch v := value.(type) {
	case nil:
		problems.Invalid(found, key, "has no value; a default of the chart cannot be removed, want a value of the kind that the chart has there")
	case string:
		if v != "" && (isSecretName(name) || hasPassword(v)) {
			problems.Invalid(found, key, "looks like a secret in clear, which the stack's file, Pulumi's state and Helm's record would hold; "+
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

// nameOf returns what names a value of a mapping: its key, or for the value of
// an environment variable the name of the variable.
func nameOf(mapping map[string]any, key string) string {
	if name, ok := mapping["name"].(string); ok && key == "value" {
		return name
	}
	return key
}

// secretEndings end the names of values that are secrets; others, such as
// passwordKey, tokenFile or configSecret, say where one is.
var secretEndings = []string{
	"password", "passwd", "passphrase", "token", "apikey", "secretkey", "accesskey", "privatekey", "clientsecret", "credentials",
	"slackapiurl", "webhookurl", "servicekey", "routingkey", "integrationkey",
}

func isSecretName(name string) bool {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	return plain == "secret" || slices.ContainsFunc(secretEndings, func(end string) bool { return strings.HasSuffix(plain, end) })
}

// hasPassword reports whether a value is an address with a password.
func hasPassword(value string) bool {
	address, err := url.Parse(value)
	if err != nil || address.User == nil {
		return false
	}
	_, has := address.User.Password()
	return has
}

func below(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

// Labels returns labels as a chart's values have them.
func Labels(labels map[string]string) map[string]any {
	values := map[string]any{}
	for key, value := range labels {
		values[key] = value
	}
	return values
}
