package serving

import (
	"fmt"

	"github.com/vllm-eks/vllm-eks/internal/versions"
)

// vllmWarnings are those of vLLM itself: its release, its arguments and the
// model.
func (s Spec) vllmWarnings() []string {
	var all []string
	warn := func(format string, values ...any) { all = append(all, fmt.Sprintf(format, values...)) }
	if key, version := s.statedVersion(); versions.NewerThanKnown(version) {
		warn("%s is %s, newer than %s, the newest that this program knows: flags, names and sizes are checked as those of %s; try the service in a test stack first",
			key, version, versions.VLLM, versions.VLLM)
	}
	_, doubtful := s.arguments(func(key string) string { return key })
	for _, p := range doubtful {
		warn("%s", p)
	}
	return all
}

// statedVersion returns the release of vLLM that the spec states, with the key
// that states it; "" where an image does not tell its release.
func (s Spec) statedVersion() (key, version string) {
	if s.VLLMVersion == "" && s.Image != "" {
		return "image", versions.ImageVersion(s.Image)
	}
	return "vllmVersion", s.Version()
}
