package serving_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/servingargs"
)

// wrongInput holds an input of a service with an invalid value.
type wrongInput struct {
	key string
	set func(*serving.VLLMServiceArgs, argumentForm)
	// want lists the problems of the value. Default: key is invalid.
	want []string
}

// wrongInputs returns a wrong value for every input.
func wrongInputs() []wrongInput {
	const bad = "Bad Value!"
	args := func(g argumentForm) pulumi.StringPtrInput { return g.text(bad) }
	balanced := func(a *serving.VLLMServiceArgs) *serving.ServiceArgs {
		a.Service = &serving.ServiceArgs{Type: "LoadBalancer", AllowedCIDRs: []string{"10.8.0.0/16"}, SubnetCIDRs: pulumi.ToStringArray([]string{"10.0.0.0/20"})}
		return a.Service
	}
	return []wrongInput{
		{"namespace", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Namespace = args(g) }, nil},
		{"serviceAccountName", func(a *serving.VLLMServiceArgs, g argumentForm) { a.ServiceAccountName = args(g) }, nil},
		{"huggingFaceToken.existingSecret", func(a *serving.VLLMServiceArgs, g argumentForm) { a.HuggingFaceToken.ExistingSecret = args(g) }, nil},
		{"huggingFaceToken.value", func(a *serving.VLLMServiceArgs, g argumentForm) {
			a.HuggingFaceToken = &serving.SecretRefArgs{Value: g.text("canary key\n")}
		}, nil},
		{"apiKey.existingSecret", func(a *serving.VLLMServiceArgs, g argumentForm) { a.APIKey.ExistingSecret = args(g) }, nil},
		{"apiKey.value", func(a *serving.VLLMServiceArgs, g argumentForm) {
			a.APIKey = &serving.SecretRefArgs{Value: g.text("canary key\n")}
		}, nil},
		{"storage.weights.claim", func(a *serving.VLLMServiceArgs, g argumentForm) {
			a.Model, a.Storage.S3, a.Storage.Weights = "org/model", nil, &serving.WeightsArgs{Claim: args(g)}
		}, nil},
		{"storage.cache.claim", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Storage.Cache.Claim = args(g) }, nil},
		{"storage.s3.roleArn", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Storage.S3 = &serving.S3Args{RoleARN: args(g)} }, nil},
		{"storage.s3.existingSecret", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Storage.S3.ExistingSecret = args(g) }, nil},
		{"volumes[0].configMap", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Volumes[0].ConfigMap = args(g) }, []string{"volumes[0]: invalid"}},
		{"volumes[1].secret", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Volumes[1].Secret = args(g) }, []string{"volumes[1]: invalid"}},
		{"volumes[2].claim", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Volumes[2].Claim = args(g) }, []string{"volumes[2]: invalid"}},
		{"service.certificateArn", func(a *serving.VLLMServiceArgs, g argumentForm) { balanced(a).CertificateARN = args(g) }, nil},
		{"service.subnetCidrs", func(a *serving.VLLMServiceArgs, g argumentForm) {
			balanced(a).SubnetCIDRs = g.texts("10.0.0.0/20", bad, "")
		},
			[]string{"service.subnetCidrs[1]: invalid", "service.subnetCidrs[2]: invalid"}},
		{"service.subnets", func(a *serving.VLLMServiceArgs, g argumentForm) { balanced(a).Subnets = g.texts("subnet-a, subnet-b") }, []string{"service.subnets[0]: invalid"}},
		{"ingress.tlsSecret", func(a *serving.VLLMServiceArgs, g argumentForm) {
			a.Ingress = &serving.IngressArgs{Class: "nginx", Host: "chat.example.com", TLSSecret: args(g), ControllerNamespace: "nginx", Open: true}
		}, nil},
		{"ingress.alb.certificateArn", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Ingress.ALB.CertificateARN = args(g) }, nil},
		{"ingress.alb.subnetCidrs", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Ingress.ALB.SubnetCIDRs = g.texts(bad) }, []string{"ingress.alb.subnetCidrs[0]: invalid"}},
		{"ingress.alb.subnets", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Ingress.ALB.Subnets = g.texts("subnet-a", "") }, []string{"ingress.alb.subnets[1]: invalid"}},
		{"monitoring.prometheusUrl", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Monitoring.PrometheusURL = args(g) }, nil},
	}
}

// problems returns the keys and kinds of the value's problems.
func (w wrongInput) problems() []string {
	if w.want == nil {
		return []string{"chat." + w.key + ": invalid"}
	}
	var want []string
	for _, problem := range w.want {
		want = append(want, "chat."+problem)
	}
	return want
}

// TestKnownInputsAreValidatedBesideUnknownOnes checks that a preview refuses a wrong
// value of each known input while every other input is unknown, and that messages repeat
// neither a secret nor a sample.
func TestKnownInputsAreValidatedBesideUnknownOnes(t *testing.T) {
	for _, w := range wrongInputs() {
		for kind, g := range map[string]argumentForm{"plain": asPlain(), "output": asOutput(), "secret": asSecret()} {
			t.Run(w.key+", "+kind, func(t *testing.T) {
				for name, rest := range map[string]argumentForm{"unknown": asUnknown(), "plain": asPlain(), "output": asOutput()} {
					args := everyInput(rest)
					w.set(&args, g)
					recording, err := record(args, preview)
					problemstest.Check(t, err, w.problems(), nil)
					if err == nil {
						t.Fatalf("nothing is refused, the others being %s", name)
					}
					for _, text := range []string{"sample", "canary"} {
						if strings.Contains(err.Error(), text) {
							t.Errorf("the error has %q, the others being %s: %v", text, name, err)
						}
					}
					if kind == "secret" && (strings.Contains(err.Error(), "Bad Value") || strings.Count(err.Error(), "[secret]") > len(w.problems())) {
						t.Errorf("the error repeats a secret, or hides what is none: %v", err)
					}
					for _, r := range recording.Resources() {
						if strings.HasPrefix(r.Type, "kubernetes:") {
							t.Errorf("%s is registered, the others being %s", r.Type, name)
						}
					}
				}
			})
		}
	}
}

// asUnset returns the form of outputs that are zero values.
func asUnset() argumentForm {
	return argumentForm{
		func(string) pulumi.StringPtrInput { return pulumi.StringPtrOutput{} },
		func(texts ...string) pulumi.StringArrayInput {
			if len(texts) > 1 {
				return pulumi.StringArray{pulumi.String("a"), pulumi.StringOutput{}}
			}
			return pulumi.StringArrayOutput{}
		},
	}
}

// TestUnsetOutputsAreRefused checks that an output that a program did not set is an error
// with its key, and not a panic.
func TestUnsetOutputsAreRefused(t *testing.T) {
	for _, w := range wrongInputs() {
		t.Run(w.key, func(t *testing.T) {
			args := everyInput(asOutput())
			w.set(&args, asUnset())
			_, err := record(args)
			problemstest.Check(t, err, []string{"chat." + w.key + ": required"}, nil)
		})
	}
}

// TestWrongInputsHasEveryInput checks that wrongInputs has every input.
func TestWrongInputsHasEveryInput(t *testing.T) {
	declared, err := servingargs.VLLMService(servingargs.Comments("../.."))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, k := range declared.Mapping.AllArguments() {
		if k.Input {
			want = append(want, k.Path)
		}
	}
	for _, w := range wrongInputs() {
		got = append(got, regexp.MustCompile(`\[\d\]`).ReplaceAllString(w.key, "[]"))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the inputs are\n%q, want\n%q", got, want)
	}
}
