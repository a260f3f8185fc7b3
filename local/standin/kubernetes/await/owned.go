package await

import (
	"context"
	"sort"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var podKind = schema.GroupVersionKind{Version: "v1", Kind: "Pod"}

// owned lists the objects of a kind that an owner's selector matches and that
// the owner controls, by name. They only explain a verdict, so an error reading
// them leaves the explanation out rather than failing the wait.
func owned(ctx context.Context, reader Reader, kind schema.GroupVersionKind, owner *unstructured.Unstructured) []unstructured.Unstructured {
	selector := selectorOf(owner)
	if selector == "" {
		return nil
	}
	items, err := reader.List(ctx, kind, owner.GetNamespace(), metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil
	}
	var out []unstructured.Unstructured
	for i := range items {
		if controller := metav1.GetControllerOf(&items[i]); controller != nil && controller.UID == owner.GetUID() {
			out = append(out, items[i])
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].GetName() < out[j].GetName() })
	return out
}

// selectorOf turns spec.selector, in either of its two forms, into a query.
func selectorOf(owner *unstructured.Unstructured) string {
	fields, found, _ := unstructured.NestedMap(owner.Object, "spec", "selector")
	if !found || len(fields) == 0 {
		return ""
	}
	if owner.GetKind() == "Service" {
		plain, _, _ := unstructured.NestedStringMap(owner.Object, "spec", "selector")
		return labels.SelectorFromSet(plain).String()
	}
	var selector metav1.LabelSelector
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &selector); err != nil {
		return ""
	}
	parsed, err := metav1.LabelSelectorAsSelector(&selector)
	if err != nil {
		return ""
	}
	return parsed.String()
}
