package provider

import (
	"context"
	"encoding/json"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// GetSchema returns the inputs of the provider itself, which programs in YAML are
// checked against. The stand-in takes every kind that the cluster serves and has no list
// of them: programs in YAML create objects by components.
func (p *Provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	properties := map[string]any{}
	for name, kind := range inputs {
		switch {
		case name == "version" || name == "pluginDownloadURL": // the engine's own
		case kind == boolInput:
			properties[name] = map[string]any{"type": "boolean"}
		case kind == textInput || name == "kubeconfig":
			properties[name] = map[string]any{"type": "string"}
		default:
			properties[name] = map[string]any{"$ref": "pulumi.json#/Any"}
		}
	}
	schema, err := json.Marshal(map[string]any{
		"name": "kubernetes", "description": "SIMULATED: the stand-in for the Kubernetes provider, without a list of kinds",
		"provider": map[string]any{"inputProperties": properties},
	})
	return &pulumirpc.GetSchemaResponse{Schema: string(schema)}, err
}
