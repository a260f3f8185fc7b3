// Package otlp checks addresses of the OpenTelemetry Protocol (OTLP) over HTTP.
package otlp

import (
	"net/url"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
)

// TracesPath is the path for traces, which clients add to a base URL.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
const TracesPath = "/v1/traces"

// TracesURL returns the URL for traces of a base URL.
func TracesURL(base string) string { return strings.TrimSuffix(base, "/") + TracesPath }

// isPort reports whether a text is the number of a port, or "" for the default.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

// Check refuses a text other than "" that is not a base URL. No message repeats the text,
// because it may hold a password.
func Check(found *field.ErrorList, key *field.Path, text, example string) {
	if text == "" {
		return
	}
	address, err := url.Parse(text)
	switch {
	case err != nil || !isPort(address.Port()) || address.Hostname() == "" || address.Scheme != "http" && address.Scheme != "https" || address.RawQuery != "" || address.Fragment != "":
		problems.Invalid(found, key, "is not a URL, want one such as %s", example)
	case address.User != nil:
		problems.Invalid(found, key, "has a user name, which would be stored unencrypted; remove it, and set tracesToken for the installed collector")
	case strings.HasSuffix(strings.TrimSuffix(address.Path, "/"), TracesPath):
		problems.Invalid(found, key, "ends in %s, which is added; remove that", TracesPath)
	}
}
