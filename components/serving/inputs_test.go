package serving_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// argumentForm holds the functions with which a test passes the inputs of a service.
type argumentForm struct {
	text  func(string) pulumi.StringPtrInput
	texts func(...string) pulumi.StringArrayInput
}

// asPlain returns the form of plain values.
func asPlain() argumentForm {
	return argumentForm{
		func(text string) pulumi.StringPtrInput { return pulumi.String(text) },
		func(texts ...string) pulumi.StringArrayInput { return pulumi.ToStringArray(texts) },
	}
}

// asOutput returns the form of known outputs.
func asOutput() argumentForm {
	return argumentForm{
		func(text string) pulumi.StringPtrInput {
			return pulumi.String(text).ToStringOutput().ToStringPtrOutput()
		},
		func(texts ...string) pulumi.StringArrayInput {
			return pulumi.ToStringArray(texts).ToStringArrayOutput()
		},
	}
}

// asUnknown returns the form of outputs of resources that do not exist yet.
func asUnknown() argumentForm {
	return argumentForm{
		func(string) pulumi.StringPtrInput {
			return pulumi.UnsafeUnknownOutput(nil).ApplyT(func(any) string { return "" }).(pulumi.StringOutput).ToStringPtrOutput()
		},
		func(...string) pulumi.StringArrayInput {
			return pulumi.UnsafeUnknownOutput(nil).ApplyT(func(any) []string { return nil }).(pulumi.StringArrayOutput)
		},
	}
}

// asSecret returns the form of secret outputs.
func asSecret() argumentForm {
	plain := asPlain()
	return argumentForm{
		func(text string) pulumi.StringPtrInput {
			return pulumi.ToSecret(plain.text(text)).(pulumi.StringOutput)
		},
		func(texts ...string) pulumi.StringArrayInput {
			return pulumi.ToSecret(plain.texts(texts...)).(pulumi.StringArrayOutput)
		},
	}
}

// everyInput returns a service with every input that another resource can produce.
func everyInput(g argumentForm) serving.VLLMServiceArgs {
	return serving.VLLMServiceArgs{
		Name: "chat", Namespace: g.text("inference"), Model: "s3://bucket/org/model", MaxModelLen: 8192, ServiceAccountName: g.text("reader"),
		HuggingFaceToken: &serving.SecretRefArgs{ExistingSecret: g.text("hf")},
		APIKey:           &serving.SecretRefArgs{ExistingSecret: g.text("keys"), Key: "chat"},
		Storage: &serving.StorageArgs{
			Cache: &serving.CacheArgs{Claim: g.text("compiled")},
			S3:    &serving.S3Args{ExistingSecret: g.text("minio"), Endpoint: "http://minio.storage.svc:9000"},
		},
		Volumes: []serving.VolumeArgs{
			{Name: "a", MountPath: "/a", ConfigMap: g.text("templates")}, {Name: "b", MountPath: "/b", Secret: g.text("certificates")},
			{Name: "c", MountPath: "/c", Claim: g.text("adapters")},
		},
		Ingress: &serving.IngressArgs{Class: "alb", Host: "chat.example.com", ALB: &serving.ALBArgs{
			CertificateARN: g.text("arn:aws:acm:us-east-1:111122223333:certificate/abc"), SubnetCIDRs: g.texts("10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20"),
			Subnets: g.texts("subnet-a", "subnet-b"),
		}},
		Replicas:   &serving.ReplicasArgs{Max: 3},
		Monitoring: &serving.MonitoringArgs{PrometheusURL: g.text("http://kps-prometheus.monitoring.svc:9090")},
		NodeGroups: []serving.NodeGroupArgs{{Name: "g5", InstanceTypes: []string{"g5.2xlarge"}, Max: 4}},
		Shape:      "Qwen/Qwen3-8B",
	}
}

// preview sets the option that runs a program as a preview.
func preview(info *pulumi.RunInfo) { info.DryRun = true }

func record(args serving.VLLMServiceArgs, options ...pulumi.RunOption) (*stacktest.Recording, error) {
	return stacktest.Record("test", func(ctx *pulumi.Context) error {
		_, err := serving.NewVLLMService(ctx, "chat", args)
		return err
	}, options...)
}

// recorded returns the inputs of every object by its kind, as JSON.
func recorded(t *testing.T, args serving.VLLMServiceArgs, options ...pulumi.RunOption) map[string]string {
	t.Helper()
	recording, err := record(args, options...)
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]string{}
	for _, r := range recording.Resources() {
		text, err := json.MarshalIndent(r.Inputs, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		objects[r.Type] = string(text)
	}
	return objects
}

// TestOutputsMakeTheSameObjects checks that plain inputs and inputs that other resources
// produce give the same objects, in an update and in a preview.
func TestOutputsMakeTheSameObjects(t *testing.T) {
	want := recorded(t, everyInput(asPlain()))
	if len(want) < 7 {
		t.Fatalf("the service has %d kinds of objects", len(want))
	}
	for name, options := range map[string][]pulumi.RunOption{"update": nil, "preview": {preview}} {
		t.Run(name, func(t *testing.T) {
			got := recorded(t, everyInput(asOutput()), options...)
			for kind := range want {
				if got[kind] != want[kind] {
					t.Errorf("%s is\n%s\nwant\n%s", kind, got[kind], want[kind])
				}
			}
			if len(got) != len(want) {
				t.Errorf("kinds are %q, want %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
		})
	}
}

// TestServiceHasAKnownName checks the name of the Service's resource, which must be known
// even if the namespace is unknown.
func TestServiceHasAKnownName(t *testing.T) {
	for name, test := range map[string]struct {
		form argumentForm
		want string
	}{"plain": {asPlain(), "@chat.inference"}, "output": {asOutput(), "@chat"}} {
		t.Run(name, func(t *testing.T) {
			recording, err := record(everyInput(test.form))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range recording.Resources() {
				if r.Type == "kubernetes:core/v1:Service" && r.Name != test.want {
					t.Errorf("the name is %s, want %s", r.Name, test.want)
				}
			}
		})
	}
}

// missing returns the paths of a tree at which another tree has no equal value, sorted.
func missing(full, partial any, path string) []string {
	var places []string
	switch full := full.(type) {
	case map[string]any:
		partial, _ := partial.(map[string]any)
		for key, value := range full {
			if inner, ok := partial[key]; ok {
				places = append(places, missing(value, inner, path+"."+key)...)
			} else {
				places = append(places, path+"."+key)
			}
		}
	case []any:
		partial, _ := partial.([]any)
		for i, value := range full {
			if i < len(partial) {
				places = append(places, missing(value, partial[i], fmt.Sprintf("%s[%d]", path, i))...)
			} else {
				places = append(places, fmt.Sprintf("%s[%d]", path, i))
			}
		}
	default:
		if full != partial {
			places = append(places, path+" differs")
		}
	}
	slices.Sort(places)
	return places
}

// TestUnknownInputsLeaveTheRestKnown checks the unknown values of each object in a
// preview with an unknown input. The recording leaves unknown values out.
func TestUnknownInputsLeaveTheRestKnown(t *testing.T) {
	tests := []struct {
		name    string
		unknown func(*serving.VLLMServiceArgs, argumentForm)
		want    map[string][]string
	}{
		{"the namespace", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Namespace = g.text("") }, map[string][]string{
			"kubernetes:apps/v1:Deployment":                 {".metadata.namespace"},
			"kubernetes:core/v1:Service":                    {".metadata.namespace"},
			"kubernetes:policy/v1:PodDisruptionBudget":      {".metadata.namespace"},
			"kubernetes:networking.k8s.io/v1:NetworkPolicy": {".metadata.namespace"},
			"kubernetes:networking.k8s.io/v1:Ingress":       {".metadata.namespace"},
			"kubernetes:keda.sh/v1alpha1:ScaledObject": {
				".metadata.namespace", ".spec.triggers[0].metadata.query", ".spec.triggers[1].metadata.query", ".spec.triggers[2].metadata.query",
			},
			"kubernetes:monitoring.coreos.com/v1:ServiceMonitor": {".metadata.namespace", ".spec.namespaceSelector.matchNames[0] differs"},
		}},
		{"the address of Prometheus", func(a *serving.VLLMServiceArgs, g argumentForm) { a.Monitoring.PrometheusURL = g.text("") }, map[string][]string{
			"kubernetes:keda.sh/v1alpha1:ScaledObject": {
				".spec.triggers[0].metadata.serverAddress", ".spec.triggers[1].metadata.serverAddress", ".spec.triggers[2].metadata.serverAddress",
			},
		}},
		{"the subnets and their ranges", func(a *serving.VLLMServiceArgs, g argumentForm) {
			a.Ingress.ALB.Subnets, a.Ingress.ALB.SubnetCIDRs = g.texts(), g.texts()
		}, map[string][]string{
			"kubernetes:networking.k8s.io/v1:Ingress":       {".metadata.annotations.alb.ingress.kubernetes.io/subnets"},
			"kubernetes:networking.k8s.io/v1:NetworkPolicy": {".spec.ingress[0].from"},
		}},
		{"a claim and a Secret", func(a *serving.VLLMServiceArgs, g argumentForm) {
			a.Storage.Cache.Claim, a.APIKey.ExistingSecret = g.text(""), g.text("")
		}, map[string][]string{
			"kubernetes:apps/v1:Deployment": {
				".spec.template.spec.containers[0].env[16].valueFrom.secretKeyRef.name", ".spec.template.spec.volumes[4].persistentVolumeClaim.claimName",
			},
			"kubernetes:monitoring.coreos.com/v1:ServiceMonitor": {".spec.endpoints[0].authorization.credentials.name"},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			full := recorded(t, everyInput(asPlain()))
			args := everyInput(asPlain())
			test.unknown(&args, asUnknown())
			got := recorded(t, args, preview)
			for kind := range full {
				var want, have any
				if err := json.Unmarshal([]byte(full[kind]), &want); err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal([]byte(got[kind]), &have); err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
				if places := missing(want, have, ""); !slices.Equal(places, test.want[kind]) {
					t.Errorf("%s: unknown are %q, want %q", kind, places, test.want[kind])
				}
			}
		})
	}
}

// TestInvalidInputsAreRefused checks that a wrong input creates nothing, and that all
// problems are reported with their keys, in a preview too.
func TestInvalidInputsAreRefused(t *testing.T) {
	empty := pulumi.String("").ToStringOutput().ApplyT(func(string) *string { return nil }).(pulumi.StringPtrOutput)
	tests := []struct {
		name   string
		change func(*serving.VLLMServiceArgs, argumentForm)
		want   []string
	}{
		{"values of the wrong form", func(a *serving.VLLMServiceArgs, g argumentForm) {
			a.Namespace, a.Storage.Cache.Claim = g.text("Not_A_Namespace"), g.text("Not_A_Claim")
			a.Ingress.ALB.SubnetCIDRs = g.texts("10.0.0.0/20", "10.0.0.1")
		}, []string{"chat.ingress.alb.subnetCidrs[1]: invalid", "chat.namespace: invalid", "chat.storage.cache.claim: invalid"}},
		{"no value", func(a *serving.VLLMServiceArgs, _ argumentForm) {
			a.Storage.Cache.Claim, a.Volumes[0].ConfigMap = empty, empty
		}, []string{"chat.storage.cache.claim: required", "chat.volumes[0].configMap: required"}},
		{"no value of a secret", func(a *serving.VLLMServiceArgs, _ argumentForm) { a.APIKey = &serving.SecretRefArgs{Value: empty} }, []string{"chat.apiKey.value: invalid"}},
		{"an empty secret", func(a *serving.VLLMServiceArgs, g argumentForm) { a.APIKey = &serving.SecretRefArgs{Value: g.text("")} }, []string{"chat.apiKey.value: invalid"}},
		{"a secret and the name of one", func(a *serving.VLLMServiceArgs, g argumentForm) { a.APIKey.Value = g.text("sk") }, []string{"chat.apiKey.value: forbidden"}},
		{"neither a secret nor its name", func(a *serving.VLLMServiceArgs, _ argumentForm) {
			a.APIKey, a.HuggingFaceToken = &serving.SecretRefArgs{}, &serving.SecretRefArgs{Key: "a"}
		}, []string{"chat.apiKey: required", "chat.huggingFaceToken: required"}},
		{"a patch that is no JSON", func(a *serving.VLLMServiceArgs, _ argumentForm) { a.PodPatch = map[string]any{"a": func() {}} }, []string{"chat.podPatch: invalid"}},
	}
	for kind, g := range map[string]argumentForm{"plain": asPlain(), "output": asOutput()} {
		for name, options := range map[string][]pulumi.RunOption{"update": nil, "preview": {preview}} {
			for _, test := range tests {
				t.Run(test.name+", "+kind+", "+name, func(t *testing.T) {
					args := everyInput(g)
					test.change(&args, g)
					recording, err := record(args, options...)
					problemstest.Check(t, err, test.want, nil)
					for _, r := range recording.Resources() {
						if strings.HasPrefix(r.Type, "kubernetes:") {
							t.Errorf("%s is registered", r.Type)
						}
					}
				})
			}
		}
	}
}

// TestProblemsShowWithoutUnknownInputs checks that a preview with unknown inputs reports
// the problems of the other arguments.
func TestProblemsShowWithoutUnknownInputs(t *testing.T) {
	args := everyInput(asUnknown())
	args.GPU = &serving.GPUArgs{Count: 9}
	recording, err := record(args, preview)
	problemstest.Check(t, err, []string{"chat.gpu.count: invalid"}, nil)
	if err != nil && strings.Contains(err.Error(), "sample") {
		t.Errorf("the error has a value that takes the place of an unknown one: %v", err)
	}
	if len(recording.Resources()) > 0 {
		t.Errorf("%d resources are registered", len(recording.Resources()))
	}
}
