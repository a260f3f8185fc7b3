package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/objdiff"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

// Diff compares the inputs that made the object with the new ones. Fields that
// the server or a controller fills in are thereby no difference; values changed
// behind the program's back are one after a refresh, which corrects the recorded
// inputs.
func (p *Provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	urn := resource.URN(req.GetUrn())
	gvk, err := p.kindOf(urn)
	if err != nil {
		return nil, err
	}
	news, state, err := p.learn(req.GetNews(), req.GetOlds(), "Diff")
	if err != nil {
		return nil, err
	}
	olds, err := unmarshal(req.GetOldInputs(), "Diff.oldInputs")
	if err != nil {
		return nil, err
	}
	if len(olds) == 0 {
		olds = recordedInputs(state)
	}
	p.redactor.Learn(olds)
	var ignored []resource.PropertyPath
	for _, text := range req.GetIgnoreChanges() {
		path, err := resource.ParsePropertyPath(text)
		if err != nil {
			return nil, fmt.Errorf("ignoreChanges: %q: %w", text, err)
		}
		ignored = append(ignored, path)
	}
	olds, news = level(olds, p.namespaced(gvk)), level(news, p.namespaced(gvk))
	sealed, _ := object.Get(news, "immutable")
	rules := objdiff.Rules(gvk, sealed.IsBool() && sealed.BoolValue(), p.settings().replace)
	changes := objdiff.WithoutIgnored(objdiff.Compare(olds, news, rules), ignored)
	return diffResponse(changes, state, news), nil
}

// level evens out two spellings of the same place: no namespace is "default",
// and a cluster-wide object has none.
func level(props resource.PropertyMap, namespaced bool) resource.PropertyMap {
	metadata := object.Unwrap(props["metadata"])
	if !metadata.IsObject() {
		return props
	}
	even := metadata.ObjectValue().Copy()
	namespace := object.Unwrap(even["namespace"])
	switch {
	case !namespaced:
		delete(even, "namespace")
	case namespace.IsNull() || (namespace.IsString() && namespace.StringValue() == ""):
		even["namespace"] = resource.NewProperty("default")
	}
	out := props.Copy()
	out["metadata"] = resource.NewProperty(even)
	return out
}

func diffResponse(changes []objdiff.Change, state, news resource.PropertyMap) *pulumirpc.DiffResponse {
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true,
		DetailedDiff: make(map[string]*pulumirpc.PropertyDiff, len(changes)),
	}
	for _, change := range changes {
		path := change.Path.String()
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.DetailedDiff[path] = &pulumirpc.PropertyDiff{Kind: wireKind(change), InputDiff: true}
		// The short form that a preview prints beside a resource knows whole properties only.
		if key := fmt.Sprint(change.Path[0]); !slices.Contains(response.Diffs, key) {
			response.Diffs = append(response.Diffs, key)
		}
		if change.Replace {
			response.Replaces = append(response.Replaces, path)
		}
	}
	response.DeleteBeforeReplace = len(response.Replaces) > 0 && keepsName(state, news)
	return response
}

// keepsName reports whether the replacement needs the very name of the object it
// replaces, so that the two cannot exist at the same time.
func keepsName(state, news resource.PropertyMap) bool {
	name := object.GetString(news, "metadata", "name")
	if name == "" || object.GetString(news, "metadata", "annotations", autonamed) == "true" {
		return false
	}
	namespace := object.GetString(news, "metadata", "namespace")
	before := object.GetString(state, "metadata", "namespace")
	return name == object.GetString(state, "metadata", "name") && (namespace == before || before == "")
}

func wireKind(change objdiff.Change) pulumirpc.PropertyDiff_Kind {
	switch {
	case change.Kind == objdiff.Add && change.Replace:
		return pulumirpc.PropertyDiff_ADD_REPLACE
	case change.Kind == objdiff.Add:
		return pulumirpc.PropertyDiff_ADD
	case change.Kind == objdiff.Delete && change.Replace:
		return pulumirpc.PropertyDiff_DELETE_REPLACE
	case change.Kind == objdiff.Delete:
		return pulumirpc.PropertyDiff_DELETE
	case change.Replace:
		return pulumirpc.PropertyDiff_UPDATE_REPLACE
	default:
		return pulumirpc.PropertyDiff_UPDATE
	}
}
