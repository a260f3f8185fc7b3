package serving

import (
	"crypto/sha256"
	"encoding/hex"
)

const (
	// managerAnnotation names the owner of the fields that are applied.
	managerAnnotation = "pulumi.com/patchFieldManager"
	// longestManager is how long Kubernetes lets that name be.
	longestManager = 128
)

// fieldManager is the owner of everything that a stack applies: the same in
// each run, and another in each stack, so that two stacks that claim one object
// get a conflict. The provider would make a name up with each object that it
// creates and keep it in the state: an update that was killed before the state
// was written would then be in conflict with itself.
func fieldManager(project, stack string) string {
	name := project + "/" + stack
	if len(name) <= longestManager {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	ending := "-" + hex.EncodeToString(sum[:8])
	return name[:longestManager-len(ending)] + ending
}

// managedBy are the annotations of an object whose fields belong to manager.
func managedBy(manager string) map[string]string {
	return map[string]string{managerAnnotation: manager}
}
