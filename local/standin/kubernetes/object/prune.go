package object

import (
	"k8s.io/apimachinery/pkg/api/resource"
)

// serverFields are the parts of metadata that only the server writes.
var serverFields = []string{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp",
	"generation", "managedFields", "ownerReferences", "resourceVersion", "selfLink", "uid",
}

// Prune cuts a live object down to the fields that the inputs set. What remains
// different from the inputs is drift: somebody changed a value that the program
// decides. Equal quantities in another spelling (1000m, 1) keep the spelling of
// the inputs, or a refresh would show a change where there is none.
func Prune(live, inputs map[string]any) map[string]any {
	out := make(map[string]any, len(inputs))
	for key, want := range inputs {
		if have, ok := live[key]; ok {
			out[key] = pruneValue(have, want)
		}
	}
	return out
}

func pruneValue(have, want any) any {
	switch want := want.(type) {
	case map[string]any:
		if have, ok := have.(map[string]any); ok {
			return Prune(have, want)
		}
	case []any:
		if have, ok := have.([]any); ok {
			return pruneList(have, want)
		}
	case string:
		if sameQuantity(have, want) {
			return want
		}
	case int64:
		// A quantity may be given as a number; the server answers with text.
		if have, ok := have.(string); ok && sameQuantity(have, quantityText(want)) {
			return want
		}
	}
	return have
}

// pruneList pairs elements by name where they have one (containers, ports,
// environment), else by position. Elements that the inputs do not have are
// other people's in a named list, and drift in any other.
func pruneList(have, want []any) []any {
	byName := map[string]any{}
	for _, element := range have {
		if name, ok := elementName(element); ok {
			byName[name] = element
		}
	}
	if len(byName) == len(have) && len(have) > 0 {
		out := make([]any, 0, len(want))
		for _, element := range want {
			name, named := elementName(element)
			if !named {
				return have
			}
			if match, ok := byName[name]; ok {
				out = append(out, pruneValue(match, element))
			}
		}
		return out
	}
	if len(have) != len(want) {
		return have
	}
	out := make([]any, len(have))
	for i := range have {
		out[i] = pruneValue(have[i], want[i])
	}
	return out
}

func elementName(element any) (string, bool) {
	fields, ok := element.(map[string]any)
	if !ok {
		return "", false
	}
	name, ok := fields["name"].(string)
	return name, ok
}

func quantityText(n int64) string {
	return resource.NewQuantity(n, resource.DecimalSI).String()
}

func sameQuantity(have any, want string) bool {
	text, ok := have.(string)
	if !ok || text == want {
		return ok && text == want
	}
	a, errA := resource.ParseQuantity(text)
	b, errB := resource.ParseQuantity(want)
	return errA == nil && errB == nil && a.Cmp(b) == 0
}

// ImportedInputs are the inputs that would have created a live object, for
// import: everything but what the server writes.
func ImportedInputs(live map[string]any) map[string]any {
	out := make(map[string]any, len(live))
	for key, value := range live {
		if key != "status" {
			out[key] = value
		}
	}
	metadata, ok := live["metadata"].(map[string]any)
	if !ok {
		return out
	}
	kept := make(map[string]any, len(metadata))
	for key, value := range metadata {
		kept[key] = value
	}
	for _, field := range serverFields {
		delete(kept, field)
	}
	if annotations, ok := kept["annotations"].(map[string]any); ok {
		users := make(map[string]any, len(annotations))
		for key, value := range annotations {
			if key != lastApplied && key != "deployment.kubernetes.io/revision" {
				users[key] = value
			}
		}
		if len(users) == 0 {
			delete(kept, "annotations")
		} else {
			kept["annotations"] = users
		}
	}
	out["metadata"] = kept
	return out
}

// WithoutServerFields removes what a dry run makes up: the real object will get
// other values, and a preview must not hand them to dependants.
func WithoutServerFields(previewed, inputs map[string]any) map[string]any {
	out := ImportedInputs(previewed)
	if spec, ok := out["spec"].(map[string]any); ok {
		wanted, _ := inputs["spec"].(map[string]any)
		kept := make(map[string]any, len(spec))
		for key, value := range spec {
			allocated := key == "clusterIP" || key == "clusterIPs" || key == "healthCheckNodePort"
			if _, given := wanted[key]; allocated && !given {
				continue
			}
			kept[key] = value
		}
		out["spec"] = kept
	}
	return out
}
