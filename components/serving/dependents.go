package serving

import (
	"fmt"
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/trees"
)

// dependent is a value of a tree that depends on sources.
type dependent struct {
	path trees.Path
	// on are the indices of the sources, in order.
	on []int
}

// dependents returns the values of trees that depend on sources. The trees are built
// for samples, and for another sample of each source. A list whose length depends on a
// source depends on it as a whole.
func dependents(samples []any, variants [][]any) ([][]dependent, error) {
	found := make([][]dependent, len(samples))
	for on, built := range variants {
		if len(built) != len(samples) {
			return nil, fmt.Errorf("input %d changes the number of objects from %d to %d", on, len(samples), len(built))
		}
		for i := range samples {
			for _, path := range trees.Differences(samples[i], built[i]) {
				if len(path) == 0 {
					return nil, fmt.Errorf("input %d changes all of object %d", on, i)
				}
				found[i] = merge(found[i], path, on)
			}
		}
	}
	return found, nil
}

// merge adds the dependency of a path on a source. A path that contains others takes
// their sources.
func merge(list []dependent, path trees.Path, on int) []dependent {
	for i, d := range list {
		if d.path.Contains(path) {
			list[i].on = union(d.on, on)
			return list
		}
	}
	whole := dependent{path, []int{on}}
	list = slices.DeleteFunc(list, func(d dependent) bool {
		if !path.Contains(d.path) {
			return false
		}
		whole.on = union(whole.on, d.on...)
		return true
	})
	return append(list, whole)
}

// union returns the indices of a list and others, sorted, each once.
func union(list []int, others ...int) []int {
	all := slices.Concat(list, others)
	slices.Sort(all)
	return slices.Compact(all)
}

// unforeseen returns the first place at which trees differ from those of samples where
// nothing was found to depend on sources; "" if there is none.
func unforeseen(samples, built []any, found [][]dependent) string {
	if len(samples) != len(built) {
		return "the number of objects"
	}
	for i := range samples {
		for _, path := range trees.Differences(samples[i], built[i]) {
			foreseen := func(d dependent) bool { return d.path.Contains(path) }
			if !slices.ContainsFunc(found[i], foreseen) {
				return path.String()
			}
		}
	}
	return ""
}
