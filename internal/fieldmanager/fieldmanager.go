// Package fieldmanager names the owner of the fields of what a stack applies to
// a cluster.
package fieldmanager

import (
	"crypto/sha256"
	"encoding/hex"
)

const (
	// annotation names the owner of the fields that are applied.
	annotation = "pulumi.com/patchFieldManager"
	// longest is how long Kubernetes lets that name be.
	longest = 128
)

// Name is the owner of everything that a stack applies: the same in each run,
// and another in each stack, so that two stacks that claim one object get a
// conflict. The provider would make a name up with each object that it creates
// and keep it in the state: an update that was killed before the state was
// written would then be in conflict with itself.
func Name(project, stack string) string {
	name := project + "/" + stack
	if len(name) <= longest {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	ending := "-" + hex.EncodeToString(sum[:8])
	return name[:longest-len(ending)] + ending
}

// Annotations are those of an object whose fields belong to the owner.
func Annotations(name string) map[string]string {
	return map[string]string{annotation: name}
}
