package keys

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// unknownKey returns the message for a key that is not among the possible keys.
func unknownKey(key string, names []string) string {
	if len(names) == 0 {
		return "is an unknown key; nothing is expected here"
	}
	if near := Nearest(key, names); near != "" {
		return fmt.Sprintf("is an unknown key; did you mean %s?", near)
	}
	return fmt.Sprintf("is an unknown key; known ones are %s", strings.Join(slices.Sorted(slices.Values(names)), ", "))
}

// DidYouMean returns a question for the candidate with the fewest edits from a word, which
// follows the word in a message; "" if no candidate is similar enough.
func DidYouMean(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return fmt.Sprintf(" (did you mean %s?)", near)
	}
	return ""
}

// Nearest returns the candidate with the fewest edits from a word; "" if no candidate
// is similar enough.
func Nearest(word string, candidates []string) string {
	best, fewest := "", max(2, len(word)/3)+1
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if n := levenshtein.Distance(strings.ToLower(word), strings.ToLower(c), nil); n < fewest {
			best, fewest = c, n
		}
	}
	return best
}
