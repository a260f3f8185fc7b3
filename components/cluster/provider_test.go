package cluster

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func TestKubeconfigAsksTheClustersRegion(t *testing.T) {
	const text = `{"users":[{"name":"aws","user":{"exec":{"command":"aws","args":["eks","get-token"],"env":[{"name":"A","value":"b"}]}}}]}`
	tests := []struct{ name, profile, wantEnv string }{
		{"no profile", "", `[{"name":"A","value":"b"}]`},
		{"a profile", "mine", `[{"name":"A","value":"b"},{"name":"AWS_PROFILE","value":"mine"}]`},
	}
	for _, test := range tests {
		got, err := kubeconfigFor(text, "us-west-2", test.profile)
		want := `{"users":[{"name":"aws","user":{"exec":{"args":["eks","get-token","--region","us-west-2"],"command":"aws","env":` + test.wantEnv + `}}}]}`
		if err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", test.name, got, err, want)
		}
	}
	for _, wrong := range []string{"", "[", `{"users":[{"name":"x","user":{"token":"canary"}}]}`} {
		if got, err := kubeconfigFor(wrong, "us-west-2", ""); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("of %q, the kubeconfig is %q, and the error %v", wrong, got, err)
		}
	}
}

func TestTheCreatorOfTheClusterIsNoAdmin(t *testing.T) {
	args := &pulumi.ResourceTransformArgs{Type: "aws:eks/cluster:Cluster", Props: pulumi.Map{"name": pulumi.String("x")}}
	result := completeCluster(context.Background(), args)
	if result == nil {
		t.Fatal("the transform does not change the cluster")
	}
	access, _ := result.Props["accessConfig"].(pulumi.Map)
	if access["bootstrapClusterCreatorAdminPermissions"] != pulumi.Bool(false) || access["authenticationMode"] != pulumi.String("API") {
		t.Errorf("access is %v", access)
	}
	if result.Props["name"] != pulumi.String("x") || args.Props["accessConfig"] != nil {
		t.Errorf("the properties are %v, and those that were given %v", result.Props, args.Props)
	}
	args.Type = "aws:iam/role:Role"
	if unchanged := completeCluster(context.Background(), args); unchanged != nil {
		t.Errorf("a role becomes %v", unchanged)
	}
}

func TestAnotherZoneDoesNotUpdateTheSubnetsOfTheControlPlane(t *testing.T) {
	ignored := []string{"accessConfig.bootstrapClusterCreatorAdminPermissions"}
	result := completeCluster(context.Background(), &pulumi.ResourceTransformArgs{
		Type: "aws:eks/cluster:Cluster", Opts: pulumi.ResourceOptions{IgnoreChanges: ignored},
	})
	if want := append(slices.Clone(ignored), "vpcConfig.subnetIds"); result == nil || !slices.Equal(result.Opts.IgnoreChanges, want) {
		t.Errorf("%v, want to ignore changes of %q", result, want)
	}
}
