package provider

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/await"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/object"
)

// What the state keeps beside the live object, under the real provider's names,
// so that either of the two can go on from the other's state.
const (
	keyInputs            = "__inputs"
	keyInitialAPIVersion = "__initialApiVersion"
	keyFieldManager      = "__fieldManager"
)

// checkpoint is the state of a resource: the live object with the inputs that
// made it. Everything that was secret in the inputs is secret in it.
func checkpoint(live map[string]any, inputs resource.PropertyMap, manager, apiVersion string) resource.PropertyMap {
	state := object.MarkSecrets(object.ToProperties(live), inputs)
	state[keyInputs] = resource.NewProperty(object.MarkSecrets(inputs.Copy(), inputs))
	state[keyInitialAPIVersion] = resource.NewProperty(apiVersion)
	state[keyFieldManager] = resource.NewProperty(manager)
	return state
}

// recordedInputs are the inputs that a state was made from.
func recordedInputs(state resource.PropertyMap) resource.PropertyMap {
	if inputs, ok := object.Get(state, keyInputs); ok && inputs.IsObject() {
		return inputs.ObjectValue()
	}
	return resource.PropertyMap{}
}

// initialVersion is the apiVersion that the resource was first created with.
func initialVersion(state, inputs resource.PropertyMap) string {
	if version := object.GetString(state, keyInitialAPIVersion); version != "" {
		return version
	}
	return object.GetString(inputs, "apiVersion")
}

// identifier is the resource's ID: namespace/name, or the name alone.
func identifier(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

func parseIdentifier(id string) (namespace, name string) {
	if before, after, found := strings.Cut(id, "/"); found {
		return before, after
	}
	return "", id
}

// initFailed tells the engine that the object exists but is not ready: it keeps
// the state, reports the reasons, and the next update takes it from there.
func (p *Provider) initFailed(id string, err *await.NotReadyError, state, inputs *structpb.Struct) error {
	reasons := []string{p.redactor.Clean(err.Message)}
	for _, reason := range err.Reasons {
		reasons = append(reasons, p.redactor.Clean(reason))
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, reasons[0]), &pulumirpc.ErrorResourceInitFailed{
		Id: id, Properties: state, Reasons: reasons, Inputs: inputs,
	})
}
