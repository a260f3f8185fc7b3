package cluster

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	storagev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/storage/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/fieldmanager"
	"github.com/vllm-eks/vllm-eks/internal/partition"
	"github.com/vllm-eks/vllm-eks/internal/podidentity"
	"github.com/vllm-eks/vllm-eks/internal/problems"
	clusterspec "github.com/vllm-eks/vllm-eks/spec/cluster"
)

const addonsToken = "vllm-eks:cluster:Addons"

// AddonsArgs holds the inputs of NewAddons.
type AddonsArgs struct {
	Spec        clusterspec.Spec
	ClusterName pulumi.StringInput
	// Tags holds the tags of the volumes that pods request.
	Tags map[string]string
	// VolumesRole is the AWS role of the EBS CSI driver. Pulumi deletes it after the
	// nodes. Required for a created cluster.
	VolumesRole *podidentity.Role
	// DependsOn lists the nodes that the add-ons run on.
	DependsOn []pulumi.Resource
}

// Addons holds the EKS add-ons that need a node, and the default storage class.
type Addons struct {
	pulumi.ResourceState

	ready []pulumi.Resource
}

// Ready returns the resources that workloads must wait for, because workloads resolve
// names and request volumes.
func (a *Addons) Ready() []pulumi.Resource { return a.ready }

// NewAddons registers the add-ons. It registers nothing on an existing cluster.
func NewAddons(ctx *pulumi.Context, name string, args AddonsArgs, opts ...pulumi.ResourceOption) (*Addons, error) {
	spec := args.Spec.WithDefaults()
	if spec.Existing != nil {
		return &Addons{}, nil
	}
	if err := problems.Err(spec.Validate(field.NewPath(name))); err != nil {
		return nil, err
	}
	a := &Addons{}
	if err := ctx.RegisterComponentResource(addonsToken, name, a, opts...); err != nil {
		return nil, err
	}
	inside := []pulumi.ResourceOption{pulumi.Parent(a), pulumi.DependsOn(args.DependsOn)}
	for _, addon := range clusterspec.LateAddons(spec, args.Tags) {
		var role *podidentity.Role
		if addon.Outlives {
			role = args.VolumesRole
		}
		added, err := newAddon(ctx, addon, spec, args.ClusterName, role, inside...)
		if err != nil {
			return nil, err
		}
		a.ready = append(a.ready, added)
	}
	class, err := storagev1.NewStorageClass(ctx, "gp3", gp3(fieldmanager.Name(ctx.Project(), ctx.Stack())), pulumi.Parent(a), pulumi.DependsOn(a.ready))
	if err != nil {
		return nil, err
	}
	a.ready = append(a.ready, class)
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{})
}

// newEarlyAddons registers the add-ons that nodes wait for.
func newEarlyAddons(ctx *pulumi.Context, s clusterspec.Spec, cluster pulumi.StringInput, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	var ready []pulumi.Resource
	for _, addon := range clusterspec.EarlyAddons() {
		added, err := newAddon(ctx, addon, s, cluster, nil, opts...)
		if err != nil {
			return nil, err
		}
		ready = append(ready, added)
	}
	return ready, nil
}

// newAddon registers an add-on in the version for the cluster's Kubernetes. EKS
// installs some add-ons itself, in its default version; newAddon overwrites them. If
// role is nil, newAddon registers the role of the add-on.
func newAddon(ctx *pulumi.Context, addon clusterspec.Addon, s clusterspec.Spec, cluster pulumi.StringInput, role *podidentity.Role, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	args := &eks.AddonArgs{
		ClusterName:              cluster,
		AddonName:                pulumi.String(addon.Name),
		AddonVersion:             pulumi.String(s.AddonVersion(addon.Name)),
		ResolveConflictsOnCreate: pulumi.String("OVERWRITE"),
		ResolveConflictsOnUpdate: pulumi.String("OVERWRITE"),
	}
	if addon.Outlives { // with its Pod Identity association
		// https://docs.aws.amazon.com/eks/latest/userguide/removing-an-add-on.html
		args.Preserve = pulumi.Bool(true)
	}
	configuration, err := addon.Configuration()
	if err != nil {
		return nil, err
	}
	if configuration != "" {
		args.ConfigurationValues = pulumi.String(configuration)
	}
	if addon.Policy != "" {
		if role == nil {
			if role, err = newAddonRole(ctx, addon, s, cluster, opts...); err != nil {
				return nil, err
			}
		}
		args.PodIdentityAssociations = eks.AddonPodIdentityAssociationArray{eks.AddonPodIdentityAssociationArgs{
			RoleArn: role.ARN, ServiceAccount: pulumi.String(addon.ServiceAccount),
		}}
		opts = append(opts[:len(opts):len(opts)], pulumi.DependsOn(role.Ready()))
	}
	return eks.NewAddon(ctx, addon.Name, args, opts...)
}

// newAddonRole registers the role of an add-on.
func newAddonRole(ctx *pulumi.Context, addon clusterspec.Addon, s clusterspec.Spec, cluster pulumi.StringInput, opts ...pulumi.ResourceOption) (*podidentity.Role, error) {
	return podidentity.NewAddonRole(ctx, addon.Name, podidentity.Args{
		ClusterName:       cluster,
		Namespace:         "kube-system",
		ServiceAccount:    addon.ServiceAccount,
		ManagedPolicyARNs: []string{"arn:" + partition.Of(s.Region) + ":iam::aws:policy/" + addon.Policy},
	}, opts...)
}

// gp3 returns the arguments of the default storage class. Its volumes are encrypted,
// are in the zone of their pod, and can be resized.
func gp3(manager string) *storagev1.StorageClassArgs {
	annotations := pulumi.ToStringMap(fieldmanager.Annotations(manager))
	annotations["storageclass.kubernetes.io/is-default-class"] = pulumi.String("true")
	return &storagev1.StorageClassArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:        pulumi.String("gp3"),
			Annotations: annotations,
		},
		Provisioner:          pulumi.String("ebs.csi.aws.com"),
		Parameters:           pulumi.StringMap{"type": pulumi.String("gp3"), "encrypted": pulumi.String("true")},
		VolumeBindingMode:    pulumi.String("WaitForFirstConsumer"),
		AllowVolumeExpansion: pulumi.Bool(true),
		ReclaimPolicy:        pulumi.String("Delete"),
	}
}
