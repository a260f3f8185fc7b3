package account

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// Simulated is the end of the names of simulated Kubernetes API servers: a domain
// that RFC 2606 keeps from ever existing.
const Simulated = ".simulated.invalid"

// oldestMinor and newestMinor are what EKS offers, extended support included (as
// of September 2026). https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
const oldestMinor, newestMinor = 31, 35

func kubernetesVersion(value any, _ *Session) string {
	text, _ := value.(string)
	if n := minor(text); n >= oldestMinor && n <= newestMinor {
		return ""
	}
	return fmt.Sprintf("a version that EKS offers, 1.%d to 1.%d", oldestMinor, newestMinor)
}

// minor is 35 of 1.35, 0 of all else.
func minor(version string) int {
	text, found := strings.CutPrefix(version, "1.")
	if n, err := strconv.Atoi(text); found && err == nil {
		return n
	}
	return 0
}

var eksKinds = map[string]*Kind{
	"eks/cluster": {
		Inputs: eks.ClusterArgs{}, Outputs: eks.Cluster{}, identity: "{name}", Name: "name", MaxName: 100, exists: inUse,
		replaces: []string{ // eks/cluster.go
			"name", "roleArn", "bootstrapSelfManagedAddons", "outpostConfig", "accessConfig.bootstrapClusterCreatorAdminPermissions",
			"-encryptionConfig", "encryptionConfig.provider.keyArn", "encryptionConfig.resources",
			"kubernetesNetworkConfig.ipFamily", "kubernetesNetworkConfig.serviceIpv4Cidr",
		},
		computed: map[string]string{
			"arn": "arn:aws:eks:{region}:{account}:cluster/{name}", "status": "ACTIVE", "platformVersion": "eks.1",
			"createdAt": "2026-01-01T00:00:00Z", "endpoint": "https://{name}.{region}.eks" + Simulated, "version": fmt.Sprintf("1.%d", newestMinor),
		},
		formats: formats{
			"name": matching(`[0-9A-Za-z][A-Za-z0-9_-]{0,99}`, "a name of up to 100 letters, digits, - and _"), "version": kubernetesVersion,
			"roleArn": arn("iam", "role/.+"), "enabledClusterLogTypes[]": oneOf(ekstypes.LogType("").Values()),
			"accessConfig.authenticationMode":  oneOf(ekstypes.AuthenticationMode("").Values()),
			"vpcConfig.publicAccessCidrs[]":    cidr(0, 32),
			"encryptionConfig.provider.keyArn": arn("kms", "key/.+"), "encryptionConfig.resources[]": matching("secrets", `"secrets"`),
			"kubernetesNetworkConfig.serviceIpv4Cidr": cidr(12, 24), "upgradePolicy.supportType": oneOf(ekstypes.SupportType("").Values()),
		},
		compare: clusterFits, fill: fillCluster,
	},
	"eks/nodeGroup": {
		Inputs: eks.NodeGroupArgs{}, Outputs: eks.NodeGroup{}, identity: "{clusterName}:{nodeGroupName}", required: []string{"subnetIds"},
		Name: "nodeGroupName", Prefix: "nodeGroupNamePrefix", MaxName: 63, exists: inUse,
		replaces: []string{ // eks/node_group.go
			"amiType", "capacityType", "clusterName", "diskSize", "instanceTypes", "launchTemplate.id", "launchTemplate.name", "+launchTemplate", "-launchTemplate",
			"nodeGroupName", "nodeGroupNamePrefix", "nodeRoleArn", "remoteAccess", "subnetIds",
		},
		computed: map[string]string{
			"arn": "arn:aws:eks:{region}:{account}:nodegroup/{clusterName}/{nodeGroupName}/{id}", "status": "ACTIVE", "capacityType": "ON_DEMAND",
		},
		formats: formats{
			"amiType": oneOf(ekstypes.AMITypes("").Values()), "capacityType": oneOf(ekstypes.CapacityTypes("").Values()),
			"instanceTypes[]": oneOf(ec2types.InstanceType("").Values()), "taints[].effect": oneOf(ekstypes.TaintEffect("").Values()),
			"nodeGroupName":                         matching(`[0-9A-Za-z][A-Za-z0-9_-]{0,62}`, "a name of up to 63 letters, digits, - and _"),
			"nodeGroupNamePrefix":                   matching(`[0-9A-Za-z][A-Za-z0-9_-]{0,36}`, "a prefix of up to 37 letters, digits, - and _"),
			"scalingConfig.maxSize":                 between(1, 450),
			"scalingConfig.minSize":                 between(0, 450),
			"updateConfig.maxUnavailablePercentage": between(1, 100), "updateConfig.maxUnavailable": between(1, 100),
			"version": kubernetesVersion, "nodeRoleArn": arn("iam", "role/.+"),
		},
		check: checkNodeGroup, compare: nodeGroupFits, fill: fillNodeGroup,
	},
	"eks/addon": {
		Inputs: eks.AddonArgs{}, Outputs: eks.Addon{}, identity: "{clusterName}:{addonName}", exists: inUse,
		replaces: []string{"addonName", "clusterName"}, // eks/addon.go
		computed: map[string]string{
			"arn": "arn:aws:eks:{region}:{account}:addon/{clusterName}/{addonName}/{id}", "addonVersion": "v1.0.0-eksbuild.1",
			"createdAt": "2026-01-01T00:00:00Z", "modifiedAt": "2026-01-01T00:00:00Z",
		},
		formats: formats{
			"addonName":                         matching(strings.Join(addons, "|"), "an add-on of AWS'"),
			"addonVersion":                      matching(`v\d+\.\d+\.\d+-eksbuild\.\d+`, "a version such as v1.2.3-eksbuild.1"),
			"configurationValues":               jsonText,
			"resolveConflictsOnCreate":          oneOf([]ekstypes.ResolveConflicts{ekstypes.ResolveConflictsNone, ekstypes.ResolveConflictsOverwrite}),
			"resolveConflictsOnUpdate":          oneOf(ekstypes.ResolveConflicts("").Values()),
			"podIdentityAssociations[].roleArn": arn("iam", "role/.+"),
		},
	},
	"eks/accessEntry": {
		Inputs: eks.AccessEntryArgs{}, Outputs: eks.AccessEntry{}, identity: "{clusterName}:{principalArn}", exists: inUse,
		replaces: []string{"clusterName", "principalArn", "type"}, // eks/access_entry.go
		computed: map[string]string{
			"accessEntryArn": "arn:aws:eks:{region}:{account}:access-entry/{clusterName}/{id}", "userName": "{principalArn}",
			"createdAt": "2026-01-01T00:00:00Z", "modifiedAt": "2026-01-01T00:00:00Z",
		},
		formats: formats{
			"principalArn": arn("iam", "(?:role|user)/.+"), // access-entries.html: no sts ARN
			"type":         matching("STANDARD|EC2_LINUX|EC2_WINDOWS|FARGATE_LINUX|EC2|HYBRID_LINUX|HYPERPOD_LINUX", "a type of access entry"),
		},
		compare: func(all stock, r, _ *Record) error {
			cluster := all.find(token("eks/cluster"), textAt(r.Inputs, "clusterName"))
			if cluster != nil && textAt(cluster.Outputs, "accessConfig.authenticationMode") == "CONFIG_MAP" {
				return errors.New("InvalidRequestException: the cluster's authentication mode CONFIG_MAP has no access entries")
			}
			return nil
		},
	},
	"eks/accessPolicyAssociation": {
		Inputs: eks.AccessPolicyAssociationArgs{}, Outputs: eks.AccessPolicyAssociation{}, identity: "{clusterName}#{principalArn}#{policyArn}", exists: inUse,
		replaces: []string{"accessScope", "clusterName", "policyArn", "principalArn"}, // eks/access_policy_association.go
		computed: map[string]string{"associatedAt": "2026-01-01T00:00:00Z", "modifiedAt": "2026-01-01T00:00:00Z"},
		formats: formats{
			"accessScope.type": oneOf(ekstypes.AccessScopeType("").Values()),
			// access-policy-permissions.html
			"policyArn": matching(`arn:aws(-cn|-us-gov)?:eks::aws:cluster-access-policy/AmazonEKS(ClusterAdmin|Admin|AdminView|Edit|View|SecretReader)Policy`, "an access policy of EKS"),
		},
		compare: func(all stock, r, _ *Record) error {
			id := expand("{clusterName}:{principalArn}", r)
			if all.find(token("eks/accessEntry"), id) == nil {
				return fmt.Errorf("ResourceNotFoundException: there is no access entry %s", id)
			}
			return nil
		},
	},
	"eks/podIdentityAssociation": {
		Inputs: eks.PodIdentityAssociationArgs{}, Outputs: eks.PodIdentityAssociation{}, identity: "a-", exists: inUse,
		unique:   []string{"clusterName", "namespace", "serviceAccount"},
		replaces: []string{"clusterName", "namespace", "serviceAccount"}, // eks/pod_identity_association.go
		computed: map[string]string{
			"associationId": "{id}", "associationArn": "arn:aws:eks:{region}:{account}:podidentityassociation/{clusterName}/{id}",
		},
		formats: formats{"roleArn": arn("iam", "role/.+")},
	},
}

// addons are those of AWS' that this kind of platform needs.
// https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
var addons = []string{
	"vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent", "aws-ebs-csi-driver", "aws-efs-csi-driver", "metrics-server",
	"snapshot-controller", "eks-node-monitoring-agent", "amazon-cloudwatch-observability", "aws-mountpoint-s3-csi-driver",
}

// clusterFits: two zones of one VPC, and versions one by one upwards.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html, …/update-cluster.html
func clusterFits(all stock, r, before *Record) error {
	zones, vpcs := map[string]bool{}, map[string]bool{}
	for _, id := range textsAt(r.Inputs, "vpcConfig.subnetIds[]") {
		if subnet := all.find(token("ec2/subnet"), id); subnet != nil {
			zones[textAt(subnet.Outputs, "availabilityZone")] = true
			vpcs[textAt(subnet.Outputs, "vpcId")] = true
		}
	}
	access := r.Inputs["vpcConfig"]
	switch {
	case len(zones) < 2:
		return errors.New("InvalidParameterException: subnets must be in at least two different zones")
	case len(vpcs) > 1:
		return errors.New("InvalidParameterException: subnets must be of one VPC")
	case slices.Contains(valuesAt(access, "endpointPublicAccess"), false) && !slices.Contains(valuesAt(access, "endpointPrivateAccess"), true):
		return errors.New("InvalidParameterException: private and public access cannot both be off")
	}
	if before == nil {
		return nil
	}
	from, to := minor(textAt(before.Outputs, "version")), minor(textAt(r.Outputs, "version"))
	if to != from && to != from+1 {
		return fmt.Errorf("InvalidParameterException: a cluster goes from 1.%d to 1.%d only, one minor at a time", from, from+1)
	}
	for _, group := range all.with(token("eks/nodeGroup"), "clusterName", r.ID) {
		if nodes := minor(textAt(group.Outputs, "version")); to > nodes+3 {
			return fmt.Errorf("InvalidParameterException: the nodes of %s (1.%d) would be more than three minors behind", group.ID, nodes)
		}
	}
	return nil
}

func fillCluster(_ *Session, all stock, r *Record) {
	network := map[string]any{"clusterSecurityGroupId": "sg-eks-" + r.ID}
	for _, id := range textsAt(r.Inputs, "vpcConfig.subnetIds[]") {
		if subnet := all.find(token("ec2/subnet"), id); subnet != nil {
			network["vpcId"] = subnet.Outputs["vpcId"]
		}
	}
	for name, value := range asObject(r.Inputs["vpcConfig"]) {
		network[name] = value
	}
	r.Outputs["vpcConfig"] = network
	authority := map[string]any{"data": base64.StdEncoding.EncodeToString([]byte("SIMULATED"))}
	r.Outputs["certificateAuthority"], r.Outputs["certificateAuthorities"] = authority, []any{authority}
	r.Outputs["identities"] = []any{map[string]any{"oidcs": []any{map[string]any{"issuer": "https://oidc" + Simulated + "/id/" + r.ID}}}}
	if r.Outputs["accessConfig"] == nil {
		r.Outputs["accessConfig"] = map[string]any{"authenticationMode": "CONFIG_MAP"}
	}
	if r.Outputs["kubernetesNetworkConfig"] == nil {
		r.Outputs["kubernetesNetworkConfig"] = map[string]any{"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"}
	}
}

// checkNodeGroup: what contradicts itself.
// https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html, …/capacity-blocks-mng.html
func checkNodeGroup(c *shape.Problems, inputs map[string]any) {
	number := func(path string) (float64, bool) {
		for _, v := range valuesAt(inputs, path) {
			n, is := v.(float64)
			return n, is
		}
		return 0, false
	}
	low, hasLow := number("scalingConfig.minSize")
	high, hasHigh := number("scalingConfig.maxSize")
	desired, hasDesired := number("scalingConfig.desiredSize")
	switch {
	case hasLow && hasHigh && low > high:
		c.Addf("scalingConfig.minSize", "got %g, want at most maxSize, %g", low, high)
	case hasLow && hasHigh && hasDesired && (desired < low || desired > high):
		c.Addf("scalingConfig.desiredSize", "got %g, want minSize to maxSize, %g to %g", desired, low, high)
	}
	if inputs["launchTemplate"] != nil {
		for _, name := range []string{"diskSize", "remoteAccess"} {
			if inputs[name] != nil {
				c.Addf(name, "belongs into the launch template where there is one")
			}
		}
	}
	if inputs["capacityType"] == "CAPACITY_BLOCK" && inputs["launchTemplate"] == nil {
		c.Addf("launchTemplate", "missing, and required for a capacity block")
	}
	if kind := textAt(inputs, "amiType"); strings.HasPrefix(kind, "AL2_") && minor(textAt(inputs, "version")) > 32 {
		c.Addf("amiType", "got %q, which EKS builds up to 1.32", kind) // eks-ami-deprecation-faqs.html
	}
}

// nodeGroupFits holds a group to its cluster, its template and its zones.
func nodeGroupFits(all stock, r, _ *Record) error {
	cluster := all.find(token("eks/cluster"), textAt(r.Inputs, "clusterName"))
	if cluster == nil {
		return nil // the references say so
	}
	if nodes, plane := minor(textAt(r.Inputs, "version")), minor(textAt(cluster.Outputs, "version")); nodes > plane {
		return fmt.Errorf("InvalidParameterException: nodes of 1.%d cannot join a cluster of 1.%d", nodes, plane)
	}
	var zones []string
	for _, id := range textsAt(r.Inputs, "subnetIds[]") {
		if subnet := all.find(token("ec2/subnet"), id); subnet != nil {
			zones = append(zones, textAt(subnet.Outputs, "availabilityZone"))
			if !same(subnet.Outputs["vpcId"], asObject(cluster.Outputs["vpcConfig"])["vpcId"]) {
				return fmt.Errorf("InvalidParameterException: %s is not of the cluster's VPC", id)
			}
		}
	}
	for _, instance := range textsAt(r.Inputs, "instanceTypes[]") {
		if !slices.ContainsFunc(zones, func(zone string) bool { return awsdata.Offers(awsdata.ZoneID(zone), instance) }) {
			return fmt.Errorf("InvalidParameterException: none of the zones %q offers %s", zones, instance)
		}
	}
	template := all.find(token("ec2/launchTemplate"), textAt(r.Inputs, "launchTemplate.id"))
	if template == nil {
		return nil
	}
	block := textAt(template.Inputs, "instanceMarketOptions.marketType") == "capacity-block"
	switch isBlock := r.Inputs["capacityType"] == "CAPACITY_BLOCK"; {
	case block != isBlock:
		return errors.New("InvalidRequestException: a capacity block is one in the launch template and in the group")
	case isBlock && textAt(template.Inputs, "capacityReservationSpecification.capacityReservationTarget.capacityReservationId") == "":
		return errors.New("InvalidRequestException: the launch template names no capacity block")
	case isBlock && len(zones) != 1:
		return errors.New("InvalidRequestException: a capacity block is in one zone")
	case textAt(template.Inputs, "instanceType") != "" && r.Inputs["instanceTypes"] != nil:
		return errors.New("InvalidRequestException: instance types are given twice, in the group and in its launch template")
	}
	return nil
}

func fillNodeGroup(_ *Session, all stock, r *Record) {
	if r.Outputs["version"] == nil {
		if cluster := all.find(token("eks/cluster"), textAt(r.Inputs, "clusterName")); cluster != nil {
			r.Outputs["version"] = cluster.Outputs["version"]
		}
	}
	if r.Outputs["resources"] == nil {
		name := "eks-" + textAt(r.Outputs, "nodeGroupName") + "-" + digits(8)
		r.Outputs["resources"] = []any{map[string]any{"autoscalingGroups": []any{map[string]any{"name": name}}, "remoteAccessSecurityGroupId": ""}}
	}
}
