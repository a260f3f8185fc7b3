package serving

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// TestAdviceFitsFilesAndPrograms holds that what a problem advises can be done in a
// stack's file and in the arguments of a program, which have secrets in other places and
// no list of namespaces.
func TestAdviceFitsFilesAndPrograms(t *testing.T) {
	open := Service{Type: LoadBalancer}
	for name, test := range map[string]struct {
		key    string
		change func(*Spec)
	}{
		"a load balancer of the Service": {"service.type", func(s *Spec) { s.Service = open }},
		"an Ingress":                     {"ingress.open", func(s *Spec) { s.Ingress = Ingress{Class: "nginx", Host: "a.example.com"} }},
		"an internet-facing Ingress": {"ingress.alb.internetFacing", func(s *Spec) {
			s.Ingress = Ingress{Class: ALBClass, Host: "a.example.com", ALB: ALB{InternetFacing: true}}
		}},
		"a key as the name of a Secret":   {"apiKey.existingSecret", func(s *Spec) { s.Access.APIKey.Name = "Key!" }},
		"a token as the name of a Secret": {"huggingFaceToken.existingSecret", func(s *Spec) { s.Access.HuggingFaceToken.Name = "Token!" }},
	} {
		t.Run(name, func(t *testing.T) {
			s := Spec{Name: "chat", Namespace: "inference", Model: Model{ID: "org/m"}}
			test.change(&s)
			secret, _, _ := strings.Cut(test.key, ".")
			if secret != "huggingFaceToken" {
				secret = "apiKey"
			}
			detail := detailOf(t, s, test.key)
			if !strings.Contains(detail, "with "+secret+" in a stack's file") || !strings.Contains(detail, secret+".value in a program") {
				t.Errorf("the advice is %q, want %s for a stack's file, and %s.value for a program", detail, secret, secret)
			}
		})
	}
	if detail := detailOf(t, Spec{Name: "chat", Model: Model{ID: "org/m"}}, "namespace"); strings.Contains(detail, "namespaces") {
		t.Errorf("the advice for a missing namespace is %q, and a program has no list of them", detail)
	}
}

// detailOf returns the message of a key's problem.
func detailOf(t *testing.T, s Spec, key string) string {
	t.Helper()
	for _, problem := range s.WithDefaults().Validate(field.NewPath("chat")) {
		if problem.Field == "chat."+key {
			return problem.Detail
		}
	}
	t.Fatalf("%s has no problem", key)
	return ""
}
