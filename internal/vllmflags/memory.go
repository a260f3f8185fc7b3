package vllmflags

import (
	"slices"
	"strings"
)

// Memory is the effect of a flag on the memory of a GPU at start-up.
type Memory string

// The classes of flags.tsv.
const (
	// Sized flags change the memory, and sizing reads them.
	Sized Memory = "sized"
	// Unsized flags change the memory in ways that sizing does not compute, so it gives
	// no estimate.
	Unsized Memory = "unsized"
	// Uncounted flags add memory that sizing does not count, or change such a part.
	Uncounted Memory = "uncounted"
	// Host flags use memory of the node, which resources.memory counts.
	Host Memory = "host"
	// NoMemory flags change the memory by less than the error of an estimate.
	NoMemory Memory = "none"
)

// Given returns the flags of a class that the arguments set to a value with an effect,
// in order of name.
func (a *Args) Given(class Memory) []string {
	var found []string
	for _, f := range flags {
		if f.Memory == class && a.Has(f.Name) && a.matters(f) {
			found = append(found, f.Name)
		}
	}
	return found
}

// matters reports whether a flag has a value to which its class applies: a value other
// than "off", or a value in the table.
func (a *Args) matters(f Flag) bool {
	if f.Kind == KindBool || f.Kind == KindTrue {
		return true
	}
	if len(f.MemoryValues) > 0 {
		value, _ := a.String(f.Name)
		return slices.Contains(f.MemoryValues, value)
	}
	if f.Kind == KindFloat || f.Kind == KindInt {
		number, ok := a.Float(f.Name)
		return !ok || number != 0
	}
	return true
}

func readMemory(cell string) (Memory, []string) {
	class, values, ok := strings.Cut(cell, ":")
	if !ok {
		return Memory(class), nil
	}
	return Memory(class), strings.Split(values, ",")
}
