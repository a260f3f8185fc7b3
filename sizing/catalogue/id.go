package catalogue

import "strings"

// IDOf is the id by which the catalogue may have a model. An address in an object
// store or an absolute path ends in it, as people lay out buckets and volumes:
// its last two parts. A Hugging Face id is its own.
func IDOf(model string) string {
	_, path, isAddress := strings.Cut(model, "://")
	switch {
	case isAddress:
	case strings.HasPrefix(model, "/"):
		path = model
	default:
		return model
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	return strings.Join(parts[max(len(parts)-2, 0):], "/")
}
