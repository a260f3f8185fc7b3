package account

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	accountspec "github.com/vllm-eks/vllm-eks/spec/account"
)

// findCluster returns the cluster with a name. If there is none, it returns the
// cluster with the stack's tags, or nil.
func findCluster(ctx *pulumi.Context, name string) (*eks.LookupClusterResult, error) {
	clusters, err := eks.GetClusters(ctx)
	if err != nil {
		return nil, fmt.Errorf("the names of the clusters: %w", err)
	}
	candidates := slices.Sorted(slices.Values(clusters.Names))
	if slices.Contains(candidates, name) {
		candidates = []string{name}
	}
	for _, candidate := range candidates {
		c, err := eks.LookupCluster(ctx, &eks.LookupClusterArgs{Name: candidate})
		if err != nil {
			if candidate != name {
				continue // the caller may have no permission to read it
			}
			return nil, fmt.Errorf("the cluster %s: %w", candidate, err)
		}
		if candidate == name || c.Tags[accountspec.ProjectTag] == ctx.Project() && c.Tags[accountspec.StackTag] == ctx.Stack() {
			return c, nil
		}
	}
	return nil, nil
}

// fixedOf reads the properties of a cluster that AWS never changes.
func fixedOf(ctx *pulumi.Context, c *eks.LookupClusterResult) (*accountspec.Fixed, error) {
	f := &accountspec.Fixed{Name: c.Name}
	for _, network := range c.KubernetesNetworkConfigs {
		f.ServiceCIDR = network.ServiceIpv4Cidr
	}
	if c.VpcConfig.VpcId == "" {
		return f, nil
	}
	vpc, err := ec2.LookupVpc(ctx, &ec2.LookupVpcArgs{Id: &c.VpcConfig.VpcId})
	if err != nil {
		return nil, fmt.Errorf("the VPC %s of the cluster %s: %w", c.VpcConfig.VpcId, c.Name, err)
	}
	for _, block := range vpc.CidrBlockAssociations {
		f.NetworkCIDRs = append(f.NetworkCIDRs, block.CidrBlock)
	}
	return f, nil
}
