package account

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
)

// Simulated is the suffix of the names of simulated Kubernetes API servers. RFC 2606 reserves
// the domain: it never exists.
const Simulated = ".simulated.invalid"

func kubernetesVersion(value any, _ *Session) string {
	text, _ := value.(string)
	if n := minor(text); n >= awsdata.OldestMinor && n <= awsdata.NewestMinor {
		return ""
	}
	return fmt.Sprintf("a version that EKS offers, 1.%d to 1.%d", awsdata.OldestMinor, awsdata.NewestMinor)
}

func minor(version string) int { return awsdata.Minor(version) }

var eksKinds = map[string]*Kind{
	"eks/cluster": {
		Inputs: eks.ClusterArgs{}, Outputs: eks.Cluster{}, identity: "{name}", Name: "name", MaxName: 100, exists: inUse,
		replaces: []string{ // eks/cluster.go
			"name", "roleArn", "bootstrapSelfManagedAddons", "outpostConfig", "accessConfig.bootstrapClusterCreatorAdminPermissions",
			"-encryptionConfig", "encryptionConfig.provider.keyArn", "encryptionConfig.resources",
			"kubernetesNetworkConfig.ipFamily", "kubernetesNetworkConfig.serviceIpv4Cidr",
		},
		computed: map[string]string{
			"arn": "arn:{partition}:eks:{region}:{account}:cluster/{name}", "status": "ACTIVE", "platformVersion": "eks.1",
			"createdAt": "2026-01-01T00:00:00Z", "endpoint": "https://{name}.{region}.eks" + Simulated, "version": fmt.Sprintf("1.%d", awsdata.NewestMinor),
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
			"arn": "arn:{partition}:eks:{region}:{account}:nodegroup/{clusterName}/{nodeGroupName}/{id}", "status": "ACTIVE", "capacityType": "ON_DEMAND",
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
		check: checkNodeGroup, compare: nodeGroupFits, fill: fillNodeGroup, send: sendNodeGroup, afford: affordNodeGroup,
	},
	"eks/addon": {
		Inputs: eks.AddonArgs{}, Outputs: eks.Addon{}, identity: "{clusterName}:{addonName}", exists: inUse,
		replaces: []string{"addonName", "clusterName"}, // eks/addon.go
		computed: map[string]string{
			"arn":       "arn:{partition}:eks:{region}:{account}:addon/{clusterName}/{addonName}/{id}",
			"createdAt": "2026-01-01T00:00:00Z", "modifiedAt": "2026-01-01T00:00:00Z",
		},
		formats: formats{
			"addonName":                         matching(strings.Join(awsdata.Addons(), "|"), "an add-on of AWS'"),
			"addonVersion":                      matching(`v\d+\.\d+\.\d+-eksbuild\.\d+`, "a version such as v1.2.3-eksbuild.1"),
			"configurationValues":               jsonText,
			"resolveConflictsOnCreate":          oneOf([]ekstypes.ResolveConflicts{ekstypes.ResolveConflictsNone, ekstypes.ResolveConflictsOverwrite}),
			"resolveConflictsOnUpdate":          oneOf(ekstypes.ResolveConflicts("").Values()),
			"podIdentityAssociations[].roleArn": arn("iam", "role/.+"),
		},
		check: checkAddon, compare: addonFits, fill: fillAddon,
	},
	"eks/accessEntry": {
		Inputs: eks.AccessEntryArgs{}, Outputs: eks.AccessEntry{}, identity: "{clusterName}:{principalArn}", exists: inUse,
		replaces: []string{"clusterName", "principalArn", "type"}, // eks/access_entry.go
		computed: map[string]string{
			"accessEntryArn": "arn:{partition}:eks:{region}:{account}:access-entry/{clusterName}/{id}", "userName": "{principalArn}",
			"createdAt": "2026-01-01T00:00:00Z", "modifiedAt": "2026-01-01T00:00:00Z",
		},
		formats: formats{
			"principalArn": arn("iam", "(?:role|user)/.+"), // access-entries.html: no sts ARN
			"type":         matching("STANDARD|EC2_LINUX|EC2_WINDOWS|FARGATE_LINUX|EC2|HYBRID_LINUX|HYPERPOD_LINUX", "a type of access entry"),
		},
		compare: func(records stock, r, _ *Record) error {
			cluster := records.find(token("eks/cluster"), textAt(r.Inputs, "clusterName"))
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
			"policyArn": inPartition(`eks::aws:cluster-access-policy/AmazonEKS(ClusterAdmin|Admin|AdminView|Edit|View|SecretReader)Policy`, "an access policy of EKS"),
		},
		compare: func(records stock, r, _ *Record) error {
			id := expand("{clusterName}:{principalArn}", r)
			if records.find(token("eks/accessEntry"), id) == nil {
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
			"associationId": "{id}", "associationArn": "arn:{partition}:eks:{region}:{account}:podidentityassociation/{clusterName}/{id}",
		},
		formats: formats{"roleArn": arn("iam", "role/.+")},
	},
}

// clusterFits checks that a cluster has two zones of one VPC and is updated one minor version
// at a time.
// https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html, …/update-cluster.html
func clusterFits(records stock, r, before *Record) error {
	vpcs := map[string]bool{}
	for _, id := range textsAt(r.Inputs, "vpcConfig.subnetIds[]") {
		if subnet := records.find(token("ec2/subnet"), id); subnet != nil {
			vpcs[textAt(subnet.Outputs, "vpcId")] = true
		}
	}
	zones := records.zonesOf(textsAt(r.Inputs, "vpcConfig.subnetIds[]"))
	access := r.Inputs["vpcConfig"]
	unknown := hasUnknown(access) // in a preview
	switch {
	case !unknown && len(zones) < 2:
		return errors.New("InvalidParameterException: subnets must be in at least two different zones")
	case len(vpcs) > 1:
		return errors.New("InvalidParameterException: subnets must be of one VPC")
	case slices.Contains(valuesAt(access, "endpointPublicAccess"), false) && !slices.Contains(valuesAt(access, "endpointPrivateAccess"), true):
		return errors.New("InvalidParameterException: private and public access cannot both be off")
	}
	if vpc := records.find(token("ec2/vpc"), member(vpcs)); vpc != nil && slices.Contains(valuesAt(access, "endpointPrivateAccess"), true) &&
		(vpc.Outputs["enableDnsHostnames"] != true || vpc.Outputs["enableDnsSupport"] == false) { // cluster-endpoint.html
		return fmt.Errorf("InvalidParameterException: private endpoint access needs enableDnsHostnames and enableDnsSupport of %s", vpc.ID)
	}
	if before == nil {
		return nil
	}
	if had := records.zonesOf(textsAt(before.Inputs, "vpcConfig.subnetIds[]")); !unknown && !maps.Equal(had, zones) { // network-reqs.html
		return fmt.Errorf("InvalidParameterException: Provided subnets belong to the AZs '%s'. But they should belong to the exact set of AZs '%s' in which subnets were provided during cluster creation",
			strings.Join(slices.Sorted(maps.Keys(zones)), ","), strings.Join(slices.Sorted(maps.Keys(had)), ","))
	}
	current, target := minor(textAt(before.Outputs, "version")), minor(textAt(r.Outputs, "version"))
	if target != current && target != current+1 {
		return fmt.Errorf("InvalidParameterException: a cluster goes from 1.%d to 1.%d only, one minor at a time", current, current+1)
	}
	for _, group := range records.withProperty(token("eks/nodeGroup"), "clusterName", r.ID) {
		if nodes := minor(textAt(group.Outputs, "version")); target > nodes+3 {
			return fmt.Errorf("InvalidParameterException: the nodes of %s (1.%d) would be more than three minors behind", group.ID, nodes)
		}
	}
	return nil
}

// zonesOf returns the zones of subnets.
func (records stock) zonesOf(subnets []string) map[string]bool {
	zones := map[string]bool{}
	for _, id := range subnets {
		if subnet := records.find(token("ec2/subnet"), id); subnet != nil {
			zones[textAt(subnet.Outputs, "availabilityZone")] = true
		}
	}
	return zones
}

// member returns a member of a set that has only one.
func member(set map[string]bool) string {
	for member := range set {
		return member
	}
	return ""
}

func fillCluster(_ *Session, records stock, r *Record) {
	network := map[string]any{"clusterSecurityGroupId": "sg-eks-" + r.ID}
	for _, id := range textsAt(r.Inputs, "vpcConfig.subnetIds[]") {
		if subnet := records.find(token("ec2/subnet"), id); subnet != nil {
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
