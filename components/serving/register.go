package serving

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/runtime"
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
	args := kubernetes.UntypedArgs{}
	for key, value := range fields {
		args[key] = value
	}
	registered := &object{}
	return registered, ctx.RegisterResource(fmt.Sprintf("kubernetes:%s:%s", apiVersion, kind), name, args, registered, opts...)
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
	return input(fields).(pulumi.Map), nil
}

// input is a decoded value as Pulumi takes it.
func input(value any) pulumi.Input {
	switch v := value.(type) {
	case map[string]any:
		m := pulumi.Map{}
		for key, inner := range v {
			if inner != nil {
				m[key] = input(inner)
			}
		}
		return m
	case []any:
		list := pulumi.Array{}
		for _, inner := range v {
			list = append(list, input(inner))
		}
		return list
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return pulumi.Int(int(n))
		}
		f, _ := v.Float64()
		return pulumi.Float64(f)
	case bool:
		return pulumi.Bool(v)
	case string:
		return pulumi.String(v)
	default:
		return nil // JSON has nothing else
	}
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
