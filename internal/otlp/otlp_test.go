package otlp

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestCheck(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "http://collector:4318": "", "https://otlp.example.com/base/": "",
		"collector:4318": "is not a URL", "grpc://collector:4317": "is not a URL", "http://": "is not a URL", "http://:4318": "is not a URL", "http://a?canary=1": "is not a URL",
		"http://a:65535": "", "http://a:65536": "is not a URL", "http://a:0": "is not a URL", "http://[::1]:99999": "is not a URL", "http://a:": "",
		"http://me:canary@a": "has a user name", "http://a/v1/traces": "ends in /v1/traces", "http://a/v1/traces/": "ends in /v1/traces",
	} {
		var found field.ErrorList
		Check(&found, field.NewPath("traces"), text, "http://example")
		got := ""
		for _, e := range found {
			got += e.Detail
		}
		if !strings.HasPrefix(got, want) || (got == "") != (want == "") || strings.Contains(got, "canary") {
			t.Errorf("%q: the problem is %q, want %q", text, got, want)
		}
	}
	if got := TracesURL("http://a/"); got != "http://a/v1/traces" {
		t.Errorf("the URL for traces is %q", got)
	}
}
