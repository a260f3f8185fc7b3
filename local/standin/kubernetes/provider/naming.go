package provider

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

// The annotations that the real provider uses under the same names.
const (
	autonamed         = "pulumi.com/autonamed"
	fieldManagerNote  = "pulumi.com/patchFieldManager"
	patchForce        = "pulumi.com/patchForce"
	propagationPolicy = "pulumi.com/deletionPropagationPolicy"
)

// suffixLength is the length of the random end of an automatic name.
const suffixLength = 8

// assignName gives an object without a name the one it has had so far, or a new
// one, and marks it as automatic, so that a replacement can exist beside it.
func assignName(news, olds resource.PropertyMap, req *pulumirpc.CheckRequest) (*pulumirpc.CheckFailure, error) {
	metadata := childObject(news, "metadata")
	if metadata == nil {
		return nil, nil // not known yet
	}
	if name, given := metadata["name"]; given && !object.Unwrap(name).IsNull() {
		return nil, nil
	}
	name := object.GetString(olds, "metadata", "name")
	if name == "" || object.GetString(olds, "metadata", "annotations", autonamed) != "true" {
		if req.GetAutonaming().GetMode() == pulumirpc.CheckRequest_AutonamingOptions_DISABLE {
			return &pulumirpc.CheckFailure{
				Property: "metadata.name", Reason: "automatic names are disabled for this resource; set a name",
			}, nil
		}
		var err error
		if name, err = newName(req); err != nil {
			return nil, err
		}
	}
	metadata["name"] = resource.NewProperty(name)
	if annotations := childObject(metadata, "annotations"); annotations != nil {
		annotations[autonamed] = resource.NewProperty("true")
	}
	return nil, nil
}

func newName(req *pulumirpc.CheckRequest) (string, error) {
	if naming := req.GetAutonaming(); naming != nil {
		return naming.GetProposedName(), nil
	}
	return resource.NewUniqueName(req.GetRandomSeed(), resource.URN(req.GetUrn()).Name()+"-", suffixLength, 0, nil)
}

// childObject returns the object under a key, made if there is none, or nil if
// it is something else, such as a value that is not known yet. A secret child
// is changed in place: wrappers share their element.
func childObject(parent resource.PropertyMap, key resource.PropertyKey) resource.PropertyMap {
	value, ok := parent[key]
	if !ok || object.Unwrap(value).IsNull() {
		child := resource.PropertyMap{}
		parent[key] = resource.NewProperty(child)
		return child
	}
	if value = object.Unwrap(value); !value.IsObject() {
		return nil
	}
	return value.ObjectValue()
}

// fieldManager names the owner of the fields that a resource sets, by the real
// provider's order: the annotation, the name kept in the state, a random one. A
// random name is lost when an update is killed between the apply and the write
// of the state, and the next one conflicts with its own ghost; only the
// annotation prevents that.
func fieldManager(state, inputs resource.PropertyMap) (string, error) {
	if name := knownManager(state, inputs); name != "" {
		return name, nil
	}
	return resource.NewUniqueName(nil, "pulumi-kubernetes-", suffixLength, 0, nil)
}

func knownManager(state, inputs resource.PropertyMap) string {
	if name := object.GetString(inputs, "metadata", "annotations", fieldManagerNote); name != "" {
		return name
	}
	return object.GetString(state, keyFieldManager)
}
