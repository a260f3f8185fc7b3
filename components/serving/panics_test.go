package serving_test

import (
	"reflect"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/components/serving"
	"github.com/vllm-eks/vllm-eks/internal/panicstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// TestZeroValuesDoNotPanic calls every exported method of the components with zero values
// and nil.
func TestZeroValuesDoNotPanic(t *testing.T) {
	for name, v := range map[string]any{
		"nil service": (*serving.VLLMService)(nil), "empty service": &serving.VLLMService{},
		"nil namespaces": (*serving.Namespaces)(nil), "empty namespaces": &serving.Namespaces{},
	} {
		methods := reflect.ValueOf(v)
		embedded := reflect.TypeFor[pulumi.ResourceState]()
		for i := range methods.NumMethod() {
			m := methods.Type().Method(i)
			if _, promoted := reflect.PointerTo(embedded).MethodByName(m.Name); promoted {
				continue // a method of Pulumi
			}
			t.Run(name+" "+m.Name, func(t *testing.T) {
				if problem := panicstest.Problem(methods.Method(i)); problem != "" {
					t.Errorf("it %s", problem)
				}
			})
		}
	}
}

// TestConstructorsRefuseEmptyArguments checks that constructors report missing arguments,
// also if every pointer points to a zero value.
func TestConstructorsRefuseEmptyArguments(t *testing.T) {
	empty := serving.VLLMServiceArgs{
		KVCache: &serving.KVCacheArgs{}, Queue: &serving.QueueLimitsArgs{}, Speculative: &serving.SpeculativeArgs{}, Media: &serving.MediaArgs{},
		LoRA: &serving.LoRAArgs{Adapters: []serving.AdapterArgs{{}}}, GPU: &serving.GPUArgs{}, NodeGroups: []serving.NodeGroupArgs{{}, {}},
		Objectives: &serving.ObjectivesArgs{}, Costs: &serving.CostsArgs{}, Replicas: &serving.ReplicasArgs{}, Scaling: &serving.ScalingArgs{},
		Resources: &serving.ResourcesArgs{}, Lifecycle: &serving.LifecycleArgs{}, HuggingFaceToken: &serving.SecretRefArgs{}, APIKey: &serving.SecretRefArgs{},
		Storage: &serving.StorageArgs{Weights: &serving.WeightsArgs{}, Cache: &serving.CacheArgs{}, S3: &serving.S3Args{}},
		Network: &serving.NetworkArgs{Clients: []serving.PeerArgs{{}}, Egress: []serving.DestinationArgs{{}}},
		Ingress: &serving.IngressArgs{ALB: &serving.ALBArgs{SubnetCIDRs: pulumi.StringArray{nil}}}, Monitoring: &serving.MonitoringArgs{},
		Volumes: []serving.VolumeArgs{{}}, Tolerations: []serving.TolerationArgs{{}}, PodPatch: map[string]any{},
	}
	for name, program := range map[string]pulumi.RunFunc{
		"no arguments": func(ctx *pulumi.Context) error {
			_, err := serving.NewVLLMService(ctx, "", serving.VLLMServiceArgs{})
			return err
		},
		"empty arguments": func(ctx *pulumi.Context) error {
			_, err := serving.NewVLLMService(ctx, "chat", empty)
			return err
		},
		"an empty spec": func(ctx *pulumi.Context) error {
			_, err := serving.NewVLLMServiceFromSpec(ctx, "chat", serving.SpecArgs{APIKey: pulumi.String("")})
			return err
		},
		"an empty namespace": func(ctx *pulumi.Context) error {
			_, err := serving.NewNamespaces(ctx, "namespaces", serving.NamespacesArgs{Namespaces: []serving.NamespaceArgs{{}}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			recording, err := stacktest.Record("test", program)
			if err == nil || len(recording.Resources()) > 0 {
				t.Errorf("%d resources are registered: %v", len(recording.Resources()), err)
			}
		})
	}
}
