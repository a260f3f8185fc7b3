package cluster

import (
	"encoding/json"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// LeaveIgnored prepares an update for the fields that the program ignores
// (ignoreChanges). A field that only somebody else owns, such as the replicas
// of an autoscaler, leaves the object, so that this update does not claim it;
// one that is ours keeps its live value, since leaving it out would unset it.
func LeaveIgnored(obj map[string]any, live *unstructured.Unstructured, manager string, paths [][]string) {
	for _, path := range paths {
		ours, theirs := owners(live, manager, path)
		if theirs && !ours {
			unstructured.RemoveNestedField(obj, path...)
			continue
		}
		value, found, err := unstructured.NestedFieldCopy(live.Object, path...)
		if err == nil && found {
			// A parent that is no object cannot hold the field; apply reports it better.
			_ = unstructured.SetNestedField(obj, value, path...)
		}
	}
}

func owners(live *unstructured.Unstructured, manager string, path []string) (ours, theirs bool) {
	for _, entry := range live.GetManagedFields() {
		if entry.FieldsV1 == nil || !covers(entry.FieldsV1.Raw, path) {
			continue
		}
		if entry.Manager == manager {
			ours = true
		} else {
			theirs = true
		}
	}
	return ours, theirs
}

// covers follows a path through the f:key tree of a managed-fields entry.
func covers(raw []byte, path []string) bool {
	var tree map[string]json.RawMessage
	for _, key := range path {
		if json.Unmarshal(raw, &tree) != nil {
			return false
		}
		next, ok := tree["f:"+key]
		if !ok {
			return false
		}
		raw, tree = next, nil
	}
	return true
}

// FieldPath turns a property path of plain keys into a path of fields.
func FieldPath(path string) ([]string, bool) {
	if path == "" || strings.ContainsAny(path, "[]*\"") {
		return nil, false
	}
	return strings.Split(path, "."), true
}
