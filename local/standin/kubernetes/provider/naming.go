package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

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
func assignName(news, olds resource.PropertyMap, urn resource.URN, seed []byte, naming *pulumirpc.CheckRequest_AutonamingOptions) error {
	metadata := childObject(news, "metadata")
	if metadata == nil {
		return nil // not known yet
	}
	if name, given := metadata["name"]; given && !object.Unwrap(name).IsNull() {
		return nil
	}
	name := object.GetString(olds, "metadata", "name")
	if name == "" || object.GetString(olds, "metadata", "annotations", autonamed) != "true" {
		var err error
		if name, err = newName(urn, seed, naming); err != nil {
			return err
		}
	}
	metadata["name"] = resource.NewProperty(name)
	annotations := childObject(metadata, "annotations")
	if annotations == nil {
		return nil
	}
	annotations[autonamed] = resource.NewProperty("true")
	return nil
}

func newName(urn resource.URN, seed []byte, naming *pulumirpc.CheckRequest_AutonamingOptions) (string, error) {
	if naming != nil {
		switch naming.GetMode() {
		case pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
			return "", fmt.Errorf("metadata.name: automatic names are disabled for this resource; set a name")
		case pulumirpc.CheckRequest_AutonamingOptions_ENFORCE, pulumirpc.CheckRequest_AutonamingOptions_PROPOSE:
			return naming.GetProposedName(), nil
		}
	}
	return resource.NewUniqueName(seed, urn.Name()+"-", suffixLength, 0, nil)
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

// fieldManager names the owner of the fields that this resource sets. The real
// provider draws a random name and keeps it in the state. Here it follows from
// the resource's URN: when an update is killed between the apply and the write
// of the state, the next one comes back as the same owner rather than
// conflicting with its own ghost.
func fieldManager(urn resource.URN, state, inputs resource.PropertyMap) string {
	if name := object.GetString(inputs, "metadata", "annotations", fieldManagerNote); name != "" {
		return name
	}
	if name := object.GetString(state, keyFieldManager); name != "" {
		return name
	}
	sum := sha256.Sum256([]byte(urn))
	return "pulumi-kubernetes-" + hex.EncodeToString(sum[:suffixLength/2])
}
