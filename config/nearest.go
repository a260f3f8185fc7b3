package config

import (
	"fmt"
	"slices"
	"strings"
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
		if n := distance(strings.ToLower(word), strings.ToLower(c)); n < fewest {
			best, fewest = c, n
		}
	}
	return best
}

// distance counts the insertions, deletions and substitutions between two
// words (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
