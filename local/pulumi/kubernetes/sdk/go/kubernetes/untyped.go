// Package kubernetes and the packages below it have what the Kubernetes provider imports
// of its own Go SDK, of which the rest compiles for four minutes: a Go type for each kind.
// The provider's components (ConfigFile, ConfigGroup, Directory and Chart) register the
// objects that they find under the same types without it.
package kubernetes

import "reflect"

// UntypedArgs holds the properties of an object of any kind.
type UntypedArgs map[string]any

// ElementType returns the type of the properties.
func (UntypedArgs) ElementType() reflect.Type { return reflect.TypeFor[map[string]any]() }
