package serving

import (
	"fmt"
	"slices"

	"github.com/vllm-eks/vllm-eks/internal/trees"
)

// dependent holds the path of a value in a tree that depends on sources.
type dependent struct {
	path trees.Path
	// sources lists the indices of the sources, in order.
	sources []int
}

// dependents returns the values of trees that depend on sources. It compares the trees
// for samples with the trees for another sample of each source. If the length of a list
// depends on a source, the whole list depends on it.
func dependents(samples []any, variants [][]any) ([][]dependent, error) {
	found := make([][]dependent, len(samples))
	for source, built := range variants {
		if len(built) != len(samples) {
			return nil, fmt.Errorf("input %d changes the number of objects from %d to %d", source, len(samples), len(built))
		}
		for i := range samples {
			for _, path := range trees.Differences(samples[i], built[i]) {
				if len(path) == 0 {
					return nil, fmt.Errorf("input %d changes the whole object %d", source, i)
				}
				found[i] = merge(found[i], path, source)
			}
		}
	}
	return found, nil
}

// merge adds the dependency of a path on a source. If the path contains other paths, it
// gets their sources.
func merge(list []dependent, path trees.Path, source int) []dependent {
	for i, d := range list {
		if d.path.Contains(path) {
			list[i].sources = union(d.sources, source)
			return list
		}
	}
	whole := dependent{path, []int{source}}
	list = slices.DeleteFunc(list, func(d dependent) bool {
		if !path.Contains(d.path) {
			return false
		}
		whole.sources = union(whole.sources, d.sources...)
		return true
	})
	return append(list, whole)
}

// union returns the indices of a list and extra ones, sorted, each once.
func union(list []int, extra ...int) []int {
	indices := slices.Concat(list, extra)
	slices.Sort(indices)
	return slices.Compact(indices)
}

// unforeseen returns the first path at which trees differ from the samples, although the
// value does not depend on sources; "" if there is none.
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
