package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// unknownKey is the message for a key that is not among the known ones.
func unknownKey(key string, known []string) string {
	if len(known) == 0 {
		return "is an unknown key; nothing is expected here"
	}
	if near := nearest(key, known); near != "" {
		return fmt.Sprintf("is an unknown key; did you mean %s?", near)
	}
	return fmt.Sprintf("is an unknown key; known ones are %s", strings.Join(slices.Sorted(slices.Values(known)), ", "))
}

// nearest is the candidate that takes the fewest edits to get to from a word,
// or "" if none is so near that it may be meant.
func nearest(word string, candidates []string) string {
	best, fewest := "", max(2, len(word)/3)+1
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if n := levenshtein.Distance(strings.ToLower(word), strings.ToLower(c), nil); n < fewest {
			best, fewest = c, n
		}
	}
	return best
}
