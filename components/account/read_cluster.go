package account

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	accountspec "github.com/vllm-eks/vllm-eks/spec/account"
)

// releaseParameter returns the name of the SSM parameter in which AWS publishes the
// newest release of an AMI.
// https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html (read 2026-11-29)
func releaseParameter(kind accountspec.AMI, minor string) string {
	return fmt.Sprintf("/aws/service/eks/optimized-ami/%s/amazon-linux-2023/x86_64/%s/recommended/release_version", minor, kind)
}

// readCluster reads the stack's cluster, if it exists. If the cluster has another
// name than the requested one, readCluster reads only the properties that AWS never
// changes.
func readCluster(ctx *pulumi.Context, o *accountspec.Offers, name string) error {
	found, err := findCluster(ctx, name)
	if err != nil || found == nil {
		return err
	}
	calls := []func() error{func() (err error) {
		o.Fixed, err = fixedOf(ctx, found)
		return err
	}}
	if found.Name == name {
		calls = append(calls, func() (err error) {
			o.Cluster, err = liveOf(ctx, found)
			return err
		})
	}
	return together(len(calls), func(i int) error { return calls[i]() })
}

// liveOf reads the node groups of a cluster. It returns an error if it cannot read
// one: without the live sizes, an update could terminate running nodes.
func liveOf(ctx *pulumi.Context, found *eks.LookupClusterResult) (*accountspec.Cluster, error) {
	name := found.Name
	c := &accountspec.Cluster{Version: found.Version, SubnetIDs: slices.Sorted(slices.Values(found.VpcConfig.SubnetIds))}
	groups, err := eks.GetNodeGroups(ctx, &eks.GetNodeGroupsArgs{ClusterName: name})
	if err != nil {
		return nil, fmt.Errorf("the node groups of %s: %w", name, err)
	}
	names := slices.Sorted(slices.Values(groups.Names))
	c.Groups = make([]accountspec.NodeGroup, len(names))
	return c, together(len(names), func(i int) (err error) {
		c.Groups[i], err = readNodeGroup(ctx, name, names[i])
		return err
	})
}

func readNodeGroup(ctx *pulumi.Context, cluster, name string) (accountspec.NodeGroup, error) {
	read, err := eks.LookupNodeGroup(ctx, &eks.LookupNodeGroupArgs{ClusterName: cluster, NodeGroupName: name})
	if err != nil {
		return accountspec.NodeGroup{}, fmt.Errorf("the node group %s: %w", name, err)
	}
	if len(read.ScalingConfigs) != 1 {
		return accountspec.NodeGroup{}, fmt.Errorf("the node group %s has %d scaling configurations, want 1", name, len(read.ScalingConfigs))
	}
	sizes := read.ScalingConfigs[0]
	return accountspec.NodeGroup{
		Name: name, Min: sizes.MinSize, Max: sizes.MaxSize, Desired: sizes.DesiredSize,
		Version: read.Version, Release: read.ReleaseVersion,
		AMIType: read.AmiType, Capacity: read.CapacityType, InstanceTypes: read.InstanceTypes,
		SubnetIDs: read.SubnetIds, Status: read.Status,
		Labels: read.Labels, Tags: read.Tags,
	}, nil
}

// readReleases reads the newest AMI releases for a minor version of Kubernetes. The
// result has no entry for a release that cannot be read; unread has a message for it.
func readReleases(ctx *pulumi.Context, minor string) (releases map[accountspec.AMI]string, unread []string) {
	return lookUp([]accountspec.AMI{accountspec.StandardAMI, accountspec.NVIDIAAMI}, func(kind accountspec.AMI) (string, error) {
		parameter, err := ssm.LookupParameter(ctx, &ssm.LookupParameterArgs{Name: releaseParameter(kind, minor)})
		if err != nil {
			return "", err
		}
		return parameter.Value, nil
	}, func(kind accountspec.AMI, err error) string {
		return fmt.Sprintf("cluster.nodeRelease: the newest %s AMI for Kubernetes %s cannot be read: %s", kind, minor, firstLine(err))
	})
}

// readAddons reads the newest version of each EKS add-on for a minor version of
// Kubernetes. The result has no entry for a version that cannot be read; unread has
// a message for it.
func readAddons(ctx *pulumi.Context, minor string, names []string) (newest map[string]string, unread []string) {
	return lookUp(names, func(name string) (string, error) {
		version, err := eks.GetAddonVersion(ctx, &eks.GetAddonVersionArgs{AddonName: name, KubernetesVersion: minor, MostRecent: pulumi.BoolRef(true)})
		if err != nil {
			return "", err
		}
		return version.Version, nil
	}, func(name string, err error) string {
		return fmt.Sprintf("cluster.addons.%s: the newest version for Kubernetes %s cannot be read: %s", name, minor, firstLine(err))
	})
}
