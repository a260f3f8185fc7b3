package provider

import (
	"context"
	"encoding/json"
	"net"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/structpb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/scheme"
	clienttesting "k8s.io/client-go/testing"

	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/cluster"
	"github.com/vllm-eks/vllm-eks/local/standin/kubernetes/objdiff"
	"github.com/vllm-eks/vllm-eks/local/standin/recorder"
)

type fixedMapper struct{ meta.RESTMapper }

func (fixedMapper) Reset() {}

// stack is a provider behind a gRPC connection, with a cluster in memory.
type stack struct {
	client  pulumirpc.ResourceProviderClient
	cluster *fake.FakeDynamicClient
	said    *recorder.Messages
}

// start serves a provider. The cluster in memory takes server-side apply as a
// plain write, without ownership, validation or controllers.
func start(t *testing.T) *stack {
	t.Helper()
	dynamic := fake.NewSimpleDynamicClient(scheme.Scheme)
	dynamic.PrependReactor("patch", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		patch, ok := action.(clienttesting.PatchAction)
		if !ok || patch.GetPatchType() != types.ApplyPatchType {
			return false, nil, nil
		}
		obj := &unstructured.Unstructured{}
		if err := json.Unmarshal(patch.GetPatch(), &obj.Object); err != nil {
			return true, nil, err
		}
		obj.SetUID("uid-" + types.UID(patch.GetName()))
		err := dynamic.Tracker().Create(patch.GetResource(), obj, patch.GetNamespace())
		if apierrors.IsAlreadyExists(err) {
			err = dynamic.Tracker().Update(patch.GetResource(), obj, patch.GetNamespace())
		}
		return true, obj, err
	})
	said := &recorder.Messages{}
	p := New(said)
	p.config = config{
		client:    &cluster.Client{Dynamic: dynamic, Mapper: fixedMapper{testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)}},
		namespace: "default",
		replace:   objdiff.Options{SecretMutable: true},
	}
	return &stack{client: serve(t, p), cluster: dynamic, said: said}
}

func serve(t *testing.T, p *Provider) pulumirpc.ResourceProviderClient {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	pulumirpc.RegisterResourceProviderServer(server, p)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	connection, err := grpc.NewClient("passthrough:///memory",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = connection.Close()
		server.Stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return pulumirpc.NewResourceProviderClient(connection)
}

// initFailure is the error of an object that exists but is not ready.
func initFailure(t *testing.T, err error) *pulumirpc.ErrorResourceInitFailed {
	t.Helper()
	for _, detail := range rpcerror.Convert(err).Details() {
		if failed, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
			return failed
		}
	}
	t.Fatalf("got %v, want an object that is not ready", err)
	return nil
}

func urn(kind string) string {
	return "urn:pulumi:dev::project::kubernetes:" + kind + "::thing"
}

// wire encodes inputs written as JSON; {"secret": …} and {"unknown": true}
// stand for what their names say.
func wire(t *testing.T, text string) *structpb.Struct {
	t.Helper()
	var plain map[string]any
	if err := json.Unmarshal([]byte(text), &plain); err != nil {
		t.Fatal(err)
	}
	encoded, err := marshal(value(plain).ObjectValue(), "test")
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func value(plain any) resource.PropertyValue {
	switch plain := plain.(type) {
	case map[string]any:
		if secret, ok := plain["secret"]; ok {
			return resource.MakeSecret(value(secret))
		}
		if _, ok := plain["unknown"]; ok {
			return resource.MakeComputed(resource.NewProperty(""))
		}
		out := resource.PropertyMap{}
		for key, item := range plain {
			out[resource.PropertyKey(key)] = value(item)
		}
		return resource.NewProperty(out)
	case []any:
		var out []resource.PropertyValue
		for _, item := range plain {
			out = append(out, value(item))
		}
		return resource.NewProperty(out)
	default:
		return resource.NewPropertyValue(plain)
	}
}

// read decodes properties.
func read(t *testing.T, props *structpb.Struct) resource.PropertyMap {
	t.Helper()
	decoded, err := unmarshal(props, "test")
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}
