package cluster

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// valid is a cluster that can be made.
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

func TestNobodyIsAnAdminForHavingMadeTheCluster(t *testing.T) {
	args := &pulumi.ResourceTransformArgs{Type: "aws:eks/cluster:Cluster", Props: pulumi.Map{"name": pulumi.String("x")}}
	result := ownCluster(context.Background(), args)
	if result == nil {
		t.Fatal("the cluster is as the component makes it")
	}
	access, _ := result.Props["accessConfig"].(pulumi.Map)
	if access["bootstrapClusterCreatorAdminPermissions"] != pulumi.Bool(false) || access["authenticationMode"] != pulumi.String("API") {
		t.Errorf("access is %v", access)
	}
	if result.Props["name"] != pulumi.String("x") || args.Props["accessConfig"] != nil {
		t.Errorf("the properties are %v, and those that were given %v", result.Props, args.Props)
	}
	args.Type = "aws:iam/role:Role"
	if other := ownCluster(context.Background(), args); other != nil {
		t.Errorf("a role becomes %v", other)
	}
}

func TestAnotherZoneDoesNotUpdateTheSubnetsOfTheControlPlane(t *testing.T) {
	given := []string{"accessConfig.bootstrapClusterCreatorAdminPermissions"}
	result := ownCluster(context.Background(), &pulumi.ResourceTransformArgs{
		Type: "aws:eks/cluster:Cluster", Opts: pulumi.ResourceOptions{IgnoreChanges: given},
	})
	if want := append(slices.Clone(given), "vpcConfig.subnetIds"); result == nil || !slices.Equal(result.Opts.IgnoreChanges, want) {
		t.Errorf("%v, want to ignore changes of %q", result, want)
	}
}
