package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// guarded are the only paths that vLLM's API key protects. All others, such as /metrics and
// /tokenize, need no key.
var guarded = []string{"/v1", "/v2", "/inference", "/cohere"}

func hashKeys(keys []string) [][32]byte {
	var out [][32]byte
	for _, key := range keys {
		out = append(out, sha256.Sum256([]byte(key)))
	}
	return out
}

func trimRoot(path, root string) string {
	return strings.TrimPrefix(path, root)
}

// authorized compares hashes in constant time, so that the duration reveals nothing about a
// key.
func (s *Server) authorized(path string, r *http.Request) bool {
	if len(s.keys) == 0 || r.Method == http.MethodOptions || !isGuarded(path) {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return false
	}
	sum := sha256.Sum256([]byte(token))
	match := 0
	for _, key := range s.keys {
		match |= subtle.ConstantTimeCompare(sum[:], key[:])
	}
	return match == 1
}

func isGuarded(path string) bool {
	for _, prefix := range guarded {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}
