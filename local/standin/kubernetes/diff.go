package main

import (
	"context"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// immutable holds the fields whose change replaces an object, for the kinds that this
// program registers.
// https://github.com/pulumi/pulumi-kubernetes v4.28.0, provider/pkg/provider/diff.go
var immutable = map[schema.GroupKind][]string{
	{Group: "apps", Kind: "Deployment"}:             {"spec.selector"},
	{Group: "apps", Kind: "DaemonSet"}:              {"spec.selector"},
	{Group: "storage.k8s.io", Kind: "StorageClass"}: {"parameters", "provisioner"},
	{Kind: "Secret"}:                                {"type"},
	{Kind: "Service"}:                               {"spec.clusterIP"},
	{Kind: "PersistentVolumeClaim"}:                 {"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"},
}

// Diff compares the inputs of an object with its new ones.
func (p *provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	gvk, err := kindOf(resource.URN(req.GetUrn()))
	if err != nil {
		return nil, err
	}
	olds, err := shape.Unmarshal(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	news, err := shape.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{}}
	// Whether a value is secret is no difference.
	diff := shape.Properties(shape.Plain(olds)).Diff(shape.Properties(shape.Plain(news)))
	if diff == nil {
		return response, nil
	}
	response.Changes = pulumirpc.DiffResponse_DIFF_SOME
	for path, change := range plugin.NewDetailedDiffFromObjectDiff(diff, true) {
		if replaces(gvk, path) {
			change.Kind = change.Kind.AsReplace()
			response.Replaces = append(response.Replaces, path)
		}
		response.DetailedDiff[path] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_Kind(change.Kind), InputDiff: true}
	}
	for _, key := range diff.ChangedKeys() {
		response.Diffs = append(response.Diffs, string(key))
	}
	slices.Sort(response.Diffs)
	slices.Sort(response.Replaces)
	response.DeleteBeforeReplace = len(response.Replaces) > 0 && keepsName(gvk, shape.Plain(olds), shape.Plain(news))
	return response, nil
}

// replaces reports whether a change at a path replaces the object.
func replaces(gvk schema.GroupVersionKind, path string) bool {
	fields := append([]string{"metadata.name", "metadata.namespace"}, immutable[gvk.GroupKind()]...)
	if gvk == release {
		fields = []string{"name", "namespace"}
	}
	return slices.ContainsFunc(fields, func(field string) bool {
		return path == field || strings.HasPrefix(path, field+".") || strings.HasPrefix(path, field+"[")
	})
}

// keepsName reports whether the replacement needs the very name of the object that it
// replaces, so that the two cannot exist at the same time.
func keepsName(gvk schema.GroupVersionKind, olds, news map[string]any) bool {
	if gvk != release {
		olds, _ = olds["metadata"].(map[string]any)
		news, _ = news["metadata"].(map[string]any)
	}
	return olds["name"] == news["name"] && olds["namespace"] == news["namespace"]
}
