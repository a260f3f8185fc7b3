package serving

import (
	"regexp"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/components/serving/manifest"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/servingargs"
	servingspec "github.com/vllm-eks/vllm-eks/spec/serving"
)

// argumentsWithSources returns services that together have every input.
func argumentsWithSources() []VLLMServiceArgs {
	text := pulumi.String("").ToStringOutput().ToStringPtrOutput()
	list := pulumi.StringArray{text.Elem()}
	common := VLLMServiceArgs{Name: "chat", Namespace: text, Model: "org/m"}
	volumes, ingress, bucket, scaled := common, common, common, common
	volumes.Storage = &StorageArgs{Weights: &WeightsArgs{Claim: text}, Cache: &CacheArgs{Claim: text}}
	volumes.Volumes = []VolumeArgs{{Name: "a", MountPath: "/a", ConfigMap: text}, {Name: "b", MountPath: "/b", Secret: text}, {Name: "c", MountPath: "/c", Claim: text}}
	volumes.HuggingFaceToken, volumes.APIKey = &SecretRefArgs{ExistingSecret: text}, &SecretRefArgs{ExistingSecret: text}
	volumes.ServiceAccountName = text
	ingress.Ingress = &IngressArgs{Class: "alb", Host: "chat.example.com", ALB: &ALBArgs{CertificateARN: text, SubnetCIDRs: list, Subnets: list}}
	bucket.Model, bucket.Storage = "s3://bucket/org/m", &StorageArgs{S3: &S3Args{RoleARN: text}}
	scaled.Model, scaled.Storage = bucket.Model, &StorageArgs{S3: &S3Args{Endpoint: "http://minio.storage.svc:9000", ExistingSecret: text}}
	scaled.Replicas, scaled.Monitoring = &ReplicasArgs{Max: 3}, &MonitoringArgs{PrometheusURL: text}
	scaled.Ingress = &IngressArgs{Class: "nginx", Host: "chat.example.com", TLSSecret: text, ControllerNamespace: "nginx", Open: true}
	balanced := common
	balanced.APIKey = &SecretRefArgs{ExistingSecret: text}
	balanced.Service = &ServiceArgs{
		Type: "LoadBalancer", AllowedCIDRs: []string{"10.8.0.0/16"}, CertificateARN: text, SubnetCIDRs: list, Subnets: list,
	}
	return []VLLMServiceArgs{volumes, ingress, bucket, scaled, balanced}
}

// TestSamplesAreValid checks that the samples of every input are valid values.
func TestSamplesAreValid(t *testing.T) {
	declared, err := servingargs.VLLMService(servingargs.Comments("../.."))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, k := range declared.Mapping.AllArguments() {
		if k.Input && !servingargs.Added(k) {
			want = append(want, k.Path)
		}
	}
	index := regexp.MustCompile(`\[\d+\]`)
	for _, args := range argumentsWithSources() {
		converter := &inputs{}
		args.spec(converter, "")
		s := &service{sources: converter.sources, spec: func(converter *inputs) servingspec.Spec { return args.spec(converter, "") }}
		values := map[string]any{}
		for i, input := range converter.sources {
			got = append(got, index.ReplaceAllString(input.key, "[]"))
			values[input.key] = input.variant(i + 1)
		}
		for _, values := range []map[string]any{nil, values} {
			if err := problems.Err(manifest.Validate(s.complete(values), field.NewPath("chat"))); err != nil {
				t.Errorf("samples are invalid: %v", err)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("this test has the inputs\n%q, want\n%q", got, want)
	}
}
