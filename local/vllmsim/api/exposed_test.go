package api

import (
	"net/http"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/local/vllmsim/engine"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// openElsewhere are paths that vLLM serves without the API key and that the simulator does not
// have.
var openElsewhere = []string{
	"/invocations", "/pooling", "/classify", "/score", "/rerank", "/load", "/scale_elastic_ep", "/is_scaling_elastic_ep", "/docs", "/openapi.json",
}

// exposedPaths returns the paths of a service's Ingress.
func exposedPaths(t *testing.T, class serving.Ingress) []networkingv1.HTTPIngressPath {
	t.Helper()
	spec := serving.Spec{Name: "chat", Namespace: "inference", Model: serving.Model{ID: "org/m"}, Ingress: class}.WithDefaults()
	if err := problems.Err(manifest.Validate(spec, field.NewPath("chat"))); err != nil {
		t.Fatal(err)
	}
	var paths []networkingv1.HTTPIngressPath
	for _, object := range manifest.Objects(spec, "m") {
		if ingress, isIngress := object.Object.(*networkingv1.Ingress); isIngress {
			if ingress.Spec.DefaultBackend != nil {
				t.Error("the Ingress has a default backend, which has every path")
			}
			for _, rule := range ingress.Spec.Rules {
				paths = append(paths, rule.HTTP.Paths...)
			}
		}
	}
	if len(paths) == 0 {
		t.Fatal("the Ingress has no paths")
	}
	return paths
}

// matches reports whether an ingress controller forwards a path. Prefix compares element by
// element: /v1 matches /v1/models and not /v1beta.
func matches(rule networkingv1.HTTPIngressPath, path string) bool {
	prefix := strings.TrimSuffix(rule.Path, "/")
	return *rule.PathType == networkingv1.PathTypePrefix && (path == prefix || strings.HasPrefix(path, prefix+"/"))
}

// TestOnlyGuardedPathsAreExposed holds, for every path of a replica, that the Ingress exposes
// it only if it requires the API key.
func TestOnlyGuardedPathsAreExposed(t *testing.T) {
	f := serve(t, func(c *Config, _ *engine.Config) { c.Keys = []string{"sk-canary"} })
	for class, ingress := range map[string]serving.Ingress{
		"alb":   {Class: serving.ALBClass, Host: "a.example.com", ALB: serving.ALB{SubnetCIDRs: []string{"10.0.0.0/24"}}},
		"nginx": {Class: "nginx", Host: "a.example.com", ControllerNamespace: "ingress-nginx", Open: true},
	} {
		exposed := 0
		for path := range New(Config{}).routes {
			through := false
			for _, rule := range exposedPaths(t, ingress) {
				through = through || matches(rule, path)
			}
			response, err := http.Get(f.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			asksForKey := response.StatusCode == http.StatusUnauthorized
			if through {
				exposed++
			}
			if through != asksForKey {
				t.Errorf("%s: %s is exposed: %t; asks for the key: %t", class, path, through, asksForKey)
			}
		}
		if exposed < 3 {
			t.Errorf("%s: %d paths are exposed, want those of /v1", class, exposed)
		}
		for _, path := range openElsewhere {
			for _, rule := range exposedPaths(t, ingress) {
				if matches(rule, path) {
					t.Errorf("%s: %s is exposed, and answers without the key", class, path)
				}
			}
		}
	}
}
