package release

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Volume describes the volume claim of one server.
type Volume struct {
	// Resource is the name of the resource, Name that of the claim.
	Resource, Name string
	// Namespace is the namespace of the claim.
	Namespace string
	// StorageClass is the StorageClass of a new volume.
	StorageClass string
	// GiB is the size of the volume in GiB. It can be raised.
	GiB int
}

// Claim returns the volume claim of a server. As an object of the stack, it grows in place
// before the server has its new size, and Pulumi deletes it before it deletes the driver
// that deletes its volume.
func Claim(v Volume) Object {
	return Object{
		Type: "kubernetes:core/v1:PersistentVolumeClaim",
		Name: v.Resource,
		Inputs: pulumi.Map{
			"apiVersion": pulumi.String("v1"),
			"kind":       pulumi.String("PersistentVolumeClaim"),
			"metadata": pulumi.Map{
				"name":      pulumi.String(v.Name),
				"namespace": pulumi.String(v.Namespace),
				"labels":    Labels(),
				"annotations": pulumi.Map{
					// The volume is created when the server starts.
					"pulumi.com/skipAwait": pulumi.String("true"),
					// Pulumi takes over a claim that a StatefulSet created before.
					"pulumi.com/patchForce": pulumi.String("true"),
				},
			},
			"spec": pulumi.Map{
				"accessModes":      pulumi.StringArray{pulumi.String("ReadWriteOnce")},
				"storageClassName": pulumi.String(v.StorageClass),
				"resources":        pulumi.Map{"requests": pulumi.Map{"storage": pulumi.String(fmt.Sprintf("%dGi", v.GiB))}},
			},
		},
		// A claim keeps its class: a replacement would wait until the server stops.
		Options: []pulumi.ResourceOption{pulumi.IgnoreChanges([]string{"spec.storageClassName"})},
	}
}

// Secret returns a Secret. It is immutable, and Pulumi generates its name: other data
// creates a new Secret, and restarts the pods that read it.
func Secret(resource, namespace string, data pulumi.Map) Object {
	return Object{
		Type: "kubernetes:core/v1:Secret",
		Name: resource,
		Inputs: pulumi.Map{
			"apiVersion": pulumi.String("v1"),
			"kind":       pulumi.String("Secret"),
			"type":       pulumi.String("Opaque"),
			"immutable":  pulumi.Bool(true),
			"metadata":   pulumi.Map{"namespace": pulumi.String(namespace), "labels": Labels()},
			"stringData": pulumi.ToSecret(data),
		},
	}
}

// Labels returns the labels of objects that a stack creates beside charts.
func Labels() pulumi.Map {
	return pulumi.Map{"app.kubernetes.io/part-of": pulumi.String("vllm-eks"), "app.kubernetes.io/managed-by": pulumi.String("pulumi")}
}
