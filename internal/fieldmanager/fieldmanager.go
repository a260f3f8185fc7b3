// Package fieldmanager names the owner of the fields that a stack applies to a cluster.
package fieldmanager

import (
	"crypto/sha256"
	"encoding/hex"
)

const (
	// annotation names the owner of the applied fields.
	annotation = "pulumi.com/patchFieldManager"
	// longest is Kubernetes' limit of the length of the name.
	longest = 128
)

// Name returns the owner of everything that a stack applies. It is the same in each
// run, and different for each stack, so that two stacks that apply one object get a
// conflict. Without it, the provider generates a name for each object that it creates
// and keeps the name in the state. An update that is killed before it writes the state
// would then be in conflict with itself.
func Name(project, stack string) string {
	name := project + "/" + stack
	if len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	ending := "-" + hex.EncodeToString(sum[:8])
	return name[:longest-len(ending)] + ending
}

// Annotations returns the annotations of an object whose fields belong to the owner.
func Annotations(name string) map[string]string {
	return map[string]string{annotation: name}
}
