package versions

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
)

var numbers = regexp.MustCompile(`\d+`)

// Compare compares two versions of one thing by their numbers: 1.35.10-20260714
// is newer than 1.35.6-20260714, and v1.13.2-eksbuild.3 older than
// v1.13.2-eksbuild.21. It returns -1, 0 or 1.
func Compare(a, b string) int {
	x, y := numbers.FindAllString(a, -1), numbers.FindAllString(b, -1)
	return slices.CompareFunc(x, y, func(x, y string) int {
		n, _ := strconv.Atoi(x) // a number that is too long counts as the largest
		m, _ := strconv.Atoi(y)
		return cmp.Compare(n, m)
	})
}
