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

// AddonsArgs are the inputs of NewAddons.
type AddonsArgs struct {
	Spec        clusterspec.Spec
	ClusterName pulumi.StringInput
	// Tags are on the volumes that pods ask for.
	Tags map[string]string
	// VolumesRole is the cluster's role for the driver of EBS, which outlives the
	// nodes. Required to make something.
	VolumesRole *podidentity.Role
	// DependsOn are the nodes that they run on.
	DependsOn []pulumi.Resource
}

// Addons are the add-ons of EKS that need a node, and the class of volumes that
// is taken where none is named.
type Addons struct {
	pulumi.ResourceState

	// Ready are what workloads must wait for, which resolve names and ask for
	// volumes.
	Ready []pulumi.Resource
}

// NewAddons registers the add-ons. On a cluster that the user brings, nothing is
// registered.
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
	for _, of := range clusterspec.LateAddons(spec, args.Tags) {
		var role *podidentity.Role
		if of.Outlives {
			role = args.VolumesRole
		}
		added, err := newAddon(ctx, of, spec, args.ClusterName, role, inside...)
		if err != nil {
			return nil, err
		}
		a.Ready = append(a.Ready, added)
	}
	class, err := storagev1.NewStorageClass(ctx, "gp3", gp3(fieldmanager.Name(ctx.Project(), ctx.Stack())), pulumi.Parent(a), pulumi.DependsOn(a.Ready))
	if err != nil {
		return nil, err
	}
	a.Ready = append(a.Ready, class)
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{})
}

// newEarlyAddons registers the add-ons that nodes wait for.
func newEarlyAddons(ctx *pulumi.Context, s clusterspec.Spec, cluster pulumi.StringInput, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	var ready []pulumi.Resource
	for _, of := range clusterspec.EarlyAddons() {
		added, err := newAddon(ctx, of, s, cluster, nil, opts...)
		if err != nil {
			return nil, err
		}
		ready = append(ready, added)
	}
	return ready, nil
}

// newAddon registers an add-on at the version for the cluster's Kubernetes. EKS
// has put some of them there itself, in a version of its own: they are taken
// over. The role is registered here unless it is given.
func newAddon(ctx *pulumi.Context, of clusterspec.Addon, s clusterspec.Spec, cluster pulumi.StringInput, role *podidentity.Role, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	args := &eks.AddonArgs{
		ClusterName:              cluster,
		AddonName:                pulumi.String(of.Name),
		AddonVersion:             pulumi.String(s.AddonVersion(of.Name)),
		ResolveConflictsOnCreate: pulumi.String("OVERWRITE"),
		ResolveConflictsOnUpdate: pulumi.String("OVERWRITE"),
	}
	if of.Outlives { // with its Pod Identity association
		// https://docs.aws.amazon.com/eks/latest/userguide/removing-an-add-on.html
		args.Preserve = pulumi.Bool(true)
	}
	configuration, err := of.Configuration()
	if err != nil {
		return nil, err
	}
	if configuration != "" {
		args.ConfigurationValues = pulumi.String(configuration)
	}
	if of.Policy != "" {
		if role == nil {
			if role, err = newAddonRole(ctx, of, s, cluster, opts...); err != nil {
				return nil, err
			}
		}
		args.PodIdentityAssociations = eks.AddonPodIdentityAssociationArray{eks.AddonPodIdentityAssociationArgs{
			RoleArn: role.ARN, ServiceAccount: pulumi.String(of.ServiceAccount),
		}}
		opts = append(opts[:len(opts):len(opts)], pulumi.DependsOn(role.Ready))
	}
	return eks.NewAddon(ctx, of.Name, args, opts...)
}

// newAddonRole registers the role of an add-on.
func newAddonRole(ctx *pulumi.Context, of clusterspec.Addon, s clusterspec.Spec, cluster pulumi.StringInput, opts ...pulumi.ResourceOption) (*podidentity.Role, error) {
	return podidentity.NewAddonRole(ctx, of.Name, podidentity.Args{
		ClusterName:       cluster,
		Namespace:         "kube-system",
		ServiceAccount:    of.ServiceAccount,
		ManagedPolicyARNs: []string{"arn:" + partition.Of(s.Region) + ":iam::aws:policy/" + of.Policy},
	}, opts...)
}

// gp3 is the class of volumes that is taken where none is named: encrypted, in
// the zone where the pod is, and able to grow.
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
