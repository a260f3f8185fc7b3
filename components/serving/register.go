package serving

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vllm-eks/vllm-eks/internal/untyped"
)

// object is a registered Kubernetes object.
type object struct {
	pulumi.CustomResourceState

	Metadata pulumi.MapOutput `pulumi:"metadata"`
}

// name is what the provider called it.
func (o *object) name() pulumi.StringOutput {
	return o.Metadata.ApplyT(func(metadata map[string]any) (string, error) {
		name, ok := metadata["name"].(string)
		if !ok {
			return "", fmt.Errorf("the provider did not say what the object is called")
		}
		return name, nil
	}).(pulumi.StringOutput)
}

// register registers an object as the resource that Pulumi's typed packages
// would make of it.
func register(ctx *pulumi.Context, name string, o runtime.Object, adapt func(pulumi.Map), opts ...pulumi.ResourceOption) (*object, error) {
	fields, err := inputs(o)
	if err != nil {
		return nil, err
	}
	if adapt != nil {
		adapt(fields)
	}
	apiVersion, kind := o.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	if !strings.Contains(apiVersion, "/") {
		apiVersion = "core/" + apiVersion
	}
	registered := &object{}
	return registered, untyped.Register(ctx, fmt.Sprintf("kubernetes:%s:%s", apiVersion, kind), name, fields, registered, opts...)
}

// inputs are an object's fields, without the status, which Kubernetes writes.
func inputs(o runtime.Object) (pulumi.Map, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	delete(fields, "status")
	if spec, ok := fields["spec"].(map[string]any); ok && len(spec) == 0 {
		delete(fields, "spec")
	}
	return untyped.Map(fields), nil
}

// secretNames puts the names of Secrets, which the provider makes up, where
// containers read variables from them.
func secretNames(deployment pulumi.Map, names map[string]pulumi.StringOutput) {
	spec := deployment["spec"].(pulumi.Map)["template"].(pulumi.Map)["spec"].(pulumi.Map)
	for _, c := range spec["containers"].(pulumi.Array) {
		env, _ := c.(pulumi.Map)["env"].(pulumi.Array)
		for _, variable := range env {
			from, _ := variable.(pulumi.Map)["valueFrom"].(pulumi.Map)
			ref, _ := from["secretKeyRef"].(pulumi.Map)
			if planned, ok := ref["name"].(pulumi.String); ok {
				if name, ok := names[string(planned)]; ok {
					ref["name"] = name
				}
			}
		}
	}
}

// scrapeSecretName puts the name of the Secret of the API key, which the provider
// makes up, where Prometheus reads it.
func scrapeSecretName(monitor pulumi.Map, names map[string]pulumi.StringOutput) {
	endpoints, _ := monitor["spec"].(pulumi.Map)["endpoints"].(pulumi.Array)
	for _, e := range endpoints {
		authorization, _ := e.(pulumi.Map)["authorization"].(pulumi.Map)
		credentials, _ := authorization["credentials"].(pulumi.Map)
		if planned, ok := credentials["name"].(pulumi.String); ok {
			if name, ok := names[string(planned)]; ok {
				credentials["name"] = name
			}
		}
	}
}

// secretText is a value that is known only when the program runs, such as the
// output of another. It must be there: vLLM takes an empty key for none, and
// answers everybody.
func secretText(service, key string, value pulumi.StringPtrInput) pulumi.StringOutput {
	text := value.ToStringPtrOutput().ApplyT(func(text *string) (string, error) {
		if text == nil || *text == "" {
			return "", fmt.Errorf("%s: the value for the Secret's %s is empty; give it a value, or leave the argument out to have none", service, key)
		}
		return *text, nil
	})
	return pulumi.ToSecret(text).(pulumi.StringOutput)
}
