// Package untyped registers Kubernetes objects without Pulumi's typed packages, whose
// compilation takes minutes. The registered resources are the same.
package untyped

import (
	"encoding/json"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Register registers a resource of a type such as kubernetes:core/v1:Namespace.
func Register(ctx *pulumi.Context, token, name string, inputs pulumi.Map, resource pulumi.CustomResource, opts ...pulumi.ResourceOption) error {
	args := kubernetes.UntypedArgs{}
	for key, value := range inputs {
		args[key] = value
	}
	return ctx.RegisterResource(token, name, args, resource, opts...)
}

// Map returns Input of a mapping.
func Map(values map[string]any) pulumi.Map { return Input(values).(pulumi.Map) }

// Input returns a value as a Pulumi input. The value is decoded JSON or a Go integer. A
// nil value of a mapping is left out.
func Input(value any) pulumi.Input {
	switch v := value.(type) {
	case map[string]any:
		m := pulumi.Map{}
		for key, inner := range v {
			if inner != nil {
				m[key] = Input(inner)
			}
		}
		return m
	case []any:
		list := pulumi.Array{}
		for _, inner := range v {
			list = append(list, Input(inner))
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
		return pulumi.Any(value)
	}
}
