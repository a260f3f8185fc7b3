package vllmflags

import (
	"slices"
	"strings"
)

// Memory says what a flag does to the memory of a GPU at start-up.
type Memory string

// The classes of flags.tsv.
const (
	// Sized flags are read by the sizing.
	Sized Memory = "sized"
	// Unsized flags change it in ways that are not computed, so that nothing is.
	Unsized Memory = "unsized"
	// Uncounted flags add to it, or change a part, that is not counted.
	Uncounted Memory = "uncounted"
	// Host flags take memory of the node, which resources.memory counts.
	Host Memory = "host"
	// NoMemory flags do not change it by more than the error of an estimate.
	NoMemory Memory = "none"
)

// Given returns the flags of a class that arguments have with a value that
// matters, in order of name.
func (a *Args) Given(class Memory) []string {
	var out []string
	for _, f := range flags {
		if f.Memory == class && a.Has(f.Name) && a.matters(f) {
			out = append(out, f.Name)
		}
	}
	return out
}

// matters reports whether a flag has a value that its class is about: any but
// "off", or one of those that the table lists.
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
	class, values, listed := strings.Cut(cell, ":")
	if !listed {
		return Memory(class), nil
	}
	return Memory(class), strings.Split(values, ",")
}
