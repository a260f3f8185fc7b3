package versions

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	release = regexp.MustCompile(`^v(\d+)\.(\d+)\.(\d+)$`)
	// tagged matches a release with a suffix of registry tags: v0.33.0-cu130.
	tagged     = regexp.MustCompile(`^(v?\d+\.\d+\.\d+)(?:[-.+_].*)?$`)
	repository = regexp.MustCompile(`^[a-z0-9]+(?:[._-][a-z0-9]+)*(?::\d+)?(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$`)
	tagName    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	digest     = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// CheckVLLM returns the problem of a version of vLLM; "" if there is none.
func CheckVLLM(version string) string {
	if isMoving(version) {
		return fmt.Sprintf("is %q, which changes without a deployment; want a release such as %s", version, VLLM)
	}
	parts := release.FindStringSubmatch(version)
	if parts == nil {
		return fmt.Sprintf("is %q, want a release such as %s", version, VLLM)
	}
	if older(parts[1:], release.FindStringSubmatch(VLLM)[1:]) {
		return fmt.Sprintf("is %s, which has known vulnerabilities; want %s or later", version, VLLM)
	}
	return ""
}

// NewerThanKnown reports whether a version of vLLM is newer than VLLM.
func NewerThanKnown(version string) bool { return Compare(version, VLLM) > 0 }

// CheckImage returns the problem of an image of vLLM; "" if there is none. It accepts a
// digest and a private tag, because they do not state the version of vLLM. A tag with a
// version must not be older than the minimum.
func CheckImage(image string) string {
	if problem := CheckPinned(image, VLLMRepository+":"+VLLM); problem != "" {
		return problem
	}
	if v := ImageVersion(image); v != "" {
		if problem := CheckVLLM(v); problem != "" {
			return fmt.Sprintf("is %q, whose version %s", image, problem)
		}
	}
	return ""
}

// CheckPinned returns the problem of any image; "" if there is none. The image needs a
// fixed tag or a digest. The message contains the example.
func CheckPinned(image, example string) string {
	name, tag, sum := splitImage(image)
	_, version, _ := splitImage(example)
	switch {
	case !repository.MatchString(name) || (tag != "" && !tagName.MatchString(tag)):
		return fmt.Sprintf("is %q, want an image such as %s", image, example)
	case sum != "" && !digest.MatchString(sum):
		return fmt.Sprintf("is %q, want a digest of the form @sha256:<64 hexadecimal digits>", image)
	case sum == "" && tag == "":
		return fmt.Sprintf("is %q, which has no tag and so means latest; add a version such as :%s, or a digest", image, version)
	case sum == "" && isMoving(tag):
		return fmt.Sprintf("is %q, whose tag changes without a deployment; want a version such as :%s, or a digest", image, version)
	}
	return ""
}

// ImageVersion returns the version of vLLM in the image's tag; "" if the tag states
// none.
func ImageVersion(image string) string {
	_, tag, _ := splitImage(image)
	parts := tagged.FindStringSubmatch(tag)
	if parts == nil {
		return ""
	}
	return "v" + strings.TrimPrefix(parts[1], "v")
}

func splitImage(image string) (name, tag, sum string) {
	name, sum, _ = strings.Cut(image, "@")
	// A colon before the last slash belongs to the registry's port.
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		name, tag = name[:i], name[i+1:]
	}
	return name, tag, sum
}

func isMoving(tag string) bool {
	tag = strings.ToLower(tag)
	return strings.HasPrefix(tag, "latest") || strings.HasPrefix(tag, "nightly")
}

func older(a, b []string) bool {
	for i := range a {
		x, errX := strconv.Atoi(a[i])
		y, errY := strconv.Atoi(b[i])
		if errX != nil || errY != nil {
			return true // a number too long to be a version
		}
		if x != y {
			return x < y
		}
	}
	return false
}
