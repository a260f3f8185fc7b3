// Package v2 registers Kubernetes objects of any kind.
package v2

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// IsListKind reports whether a kind of Kubernetes itself is a list of objects.
func IsListKind(apiVersion, kind string) bool {
	group, _, _ := strings.Cut(apiVersion, "/")
	isBuiltIn := !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
	return isBuiltIn && strings.HasSuffix(kind, "List")
}

// RegisterResource registers an object under the type of its kind.
func RegisterResource(ctx *pulumi.Context, apiVersion, kind, name string, props pulumi.Input, opts ...pulumi.ResourceOption) (pulumi.CustomResource, error) {
	if !strings.Contains(apiVersion, "/") {
		apiVersion = "core/" + apiVersion
	}
	var object pulumi.CustomResourceState
	if err := ctx.RegisterResource(fmt.Sprintf("kubernetes:%s:%s", apiVersion, kind), name, props, &object, opts...); err != nil {
		return nil, err
	}
	return &object, nil
}
