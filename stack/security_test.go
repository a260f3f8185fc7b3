package stack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// recorded holds resources as decoded JSON, so that a test can remove a setting.
type recorded []stacktest.Resource

func (rs recorded) ofKind(kind string) recorded {
	return slices.DeleteFunc(slices.Clone(rs), func(r stacktest.Resource) bool { return r.Type != kind })
}

func (rs recorded) named(kind, name string) stacktest.Resource {
	for _, r := range rs.ofKind(kind) {
		if r.Name == name {
			return r
		}
	}
	return stacktest.Resource{}
}

// every reports whether resources of a kind exist, and all of them are right.
func (rs recorded) every(kind string, right func(stacktest.Resource) bool) bool {
	resources := rs.ofKind(kind)
	return len(resources) > 0 && !slices.ContainsFunc(resources, func(r stacktest.Resource) bool { return !right(r) })
}

const (
	eksCluster     = "eks:index:Cluster"
	kmsKey         = "aws:kms/key:Key"
	logGroup       = "aws:cloudwatch/logGroup:LogGroup"
	nodeGroupKind  = "aws:eks/nodeGroup:NodeGroup"
	launchTemplate = "aws:ec2/launchTemplate:LaunchTemplate"
	subnetKind     = "aws:ec2/subnet:Subnet"
	vpcEndpoint    = "aws:ec2/vpcEndpoint:VpcEndpoint"
	addonKind      = "aws:eks/addon:Addon"
	attachment     = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	roleKind       = "aws:iam/role:Role"
	storageClass   = "kubernetes:storage.k8s.io/v1:StorageClass"
	securityGroup  = "aws:ec2/securityGroup:SecurityGroup"
	accessEntry    = "aws:eks/accessEntry:AccessEntry"
)

// endpointServices lists the AWS APIs that nodes and controllers reach within the VPC.
var endpointServices = []string{"ecr.api", "ecr.dkr", "ec2", "sts", "logs", "elasticloadbalancing", "autoscaling", "eks-auth"}

// securityRule holds one line of the checklist, and a change that breaks it.
type securityRule struct {
	name  string
	stack string // "" for all
	holds func(recorded) bool
	// broken removes the setting.
	broken func(recorded)
}

// set returns a function that changes one setting of every resource of a kind; nil removes
// it.
func set(kind string, value any, path ...any) func(recorded) {
	return func(rs recorded) {
		for _, r := range rs.ofKind(kind) {
			assign(r.Inputs, value, path...)
		}
	}
}

func assign(tree map[string]any, value any, path ...any) {
	holder := valueAt(tree, path[:len(path)-1]...)
	switch step := path[len(path)-1].(type) {
	case string:
		if m, ok := holder.(map[string]any); ok {
			if m[step] = value; value == nil {
				delete(m, step)
			}
		}
	case int:
		if list, ok := holder.([]any); ok && step < len(list) {
			list[step] = value
		}
	}
}

// drop returns a function that gives the matching resources an unknown kind.
func drop(kind string, match func(stacktest.Resource) bool) func(recorded) {
	return func(rs recorded) {
		for i := range rs {
			if rs[i].Type == kind && match(rs[i]) {
				rs[i].Type = "dropped"
			}
		}
	}
}

func has(value any, path ...any) func(stacktest.Resource) bool {
	return func(r stacktest.Resource) bool { return valueAt(r.Inputs, path...) == value }
}

func names(name string) func(stacktest.Resource) bool {
	return func(r stacktest.Resource) bool { return r.Name == name }
}

// texts returns the items of a list as strings.
func texts(value any) []string {
	var list []string
	items, _ := value.([]any)
	for _, item := range items {
		list = append(list, fmt.Sprint(item))
	}
	return list
}

var securityRules = []securityRule{
	{"API server has a private endpoint", "", func(rs recorded) bool { return rs.every(eksCluster, has(true, "endpointPrivateAccess")) },
		set(eksCluster, false, "endpointPrivateAccess")},
	{"public endpoint of the API server names its clients", "", func(rs recorded) bool {
		return rs.every(eksCluster, func(r stacktest.Resource) bool {
			return r.Inputs["endpointPublicAccess"] == false || len(texts(r.Inputs["publicAccessCidrs"])) > 0
		})
	}, set(eksCluster, nil, "publicAccessCidrs")},
	{"public endpoint of the API server is not open to every address", "", func(rs recorded) bool {
		return rs.every(eksCluster, func(r stacktest.Resource) bool {
			return !slices.Contains(texts(r.Inputs["publicAccessCidrs"]), "0.0.0.0/0")
		})
	}, set(eksCluster, []any{"0.0.0.0/0"}, "publicAccessCidrs")},
	{"Secrets are encrypted with a KMS key of the stack", "", func(rs recorded) bool {
		return rs.every(eksCluster, func(r stacktest.Resource) bool {
			return r.Inputs["encryptionConfigKeyArn"] == "arn:aws:kms::111122223333:key/cluster"
		})
	}, set(eksCluster, nil, "encryptionConfigKeyArn")},
	{"KMS key rotates", "", func(rs recorded) bool { return rs.every(kmsKey, has(true, "enableKeyRotation")) }, set(kmsKey, nil, "enableKeyRotation")},
	{"control plane logs api, audit and authenticator", "", func(rs recorded) bool {
		return rs.every(eksCluster, func(r stacktest.Resource) bool {
			return slices.Equal(texts(r.Inputs["enabledClusterLogTypes"]), []string{"api", "audit", "authenticator"})
		})
	}, set(eksCluster, []any{"api"}, "enabledClusterLogTypes")},
	{"log group of the control plane has a retention", "", func(rs recorded) bool {
		group := rs.named(logGroup, "cluster")
		return group.Inputs["name"] == fmt.Sprintf("/aws/eks/%v/cluster", rs.named(eksCluster, "cluster").Inputs["name"]) && group.Inputs["retentionInDays"] != nil
	}, func(rs recorded) { assign(rs.named(logGroup, "cluster").Inputs, nil, "retentionInDays") }},
	{"access entries alone decide access to the cluster", "", func(rs recorded) bool { return rs.every(eksCluster, has("API", "authenticationMode")) },
		set(eksCluster, nil, "authenticationMode")},
	{"cluster has access entries", "", func(rs recorded) bool { return len(rs.ofKind(accessEntry)) > 0 },
		drop(accessEntry, func(stacktest.Resource) bool { return true })},
	{"Pod Identity gives roles, not OIDC", "", func(rs recorded) bool { return rs.every(eksCluster, has(false, "createOidcProvider")) },
		set(eksCluster, true, "createOidcProvider")},
	{"agent of Pod Identity is installed", "", func(rs recorded) bool { return rs.named(addonKind, "eks-pod-identity-agent").Name != "" },
		drop(addonKind, names("eks-pod-identity-agent"))},
	{"metadata service requires a session", "", func(rs recorded) bool {
		return rs.every(launchTemplate, has("required", "metadataOptions", "httpTokens"))
	},
		set(launchTemplate, "optional", "metadataOptions", "httpTokens")},
	{"metadata service answers the node alone", "", func(rs recorded) bool {
		return rs.every(launchTemplate, has(1.0, "metadataOptions", "httpPutResponseHopLimit"))
	}, set(launchTemplate, 2.0, "metadataOptions", "httpPutResponseHopLimit")},
	{"disks of nodes are encrypted", "", func(rs recorded) bool {
		return rs.every(launchTemplate, has("true", "blockDeviceMappings", 0, "ebs", "encrypted"))
	}, set(launchTemplate, nil, "blockDeviceMappings", 0, "ebs", "encrypted")},
	{"volumes are encrypted", "", func(rs recorded) bool { return rs.every(storageClass, has("true", "parameters", "encrypted")) },
		set(storageClass, nil, "parameters", "encrypted")},
	{"nodes are in private subnets", "", func(rs recorded) bool {
		return rs.every(nodeGroupKind, func(r stacktest.Resource) bool {
			return len(texts(r.Inputs["subnetIds"])) > 0 && !strings.Contains(strings.Join(texts(r.Inputs["subnetIds"]), " "), "public")
		})
	}, set(nodeGroupKind, []any{"network-public-us-west-2a-id"}, "subnetIds")},
	{"subnets give no public addresses", "", func(rs recorded) bool { return rs.every(subnetKind, has(false, "mapPublicIpOnLaunch")) },
		set(subnetKind, true, "mapPublicIpOnLaunch")},
	{"role of nodes joins the cluster and reads images only", "", func(rs recorded) bool {
		var attached []string
		for _, r := range rs.ofKind(attachment) {
			if r.Inputs["role"] == "nodes-a1b2c3d" {
				attached = append(attached, fmt.Sprint(r.Inputs["policyArn"]))
			}
		}
		return slices.Equal(attached, []string{"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly", "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"})
	}, func(rs recorded) {
		assign(rs.named(attachment, "nodes-AmazonEKSWorkerNodePolicy").Inputs, "arn:aws:iam::aws:policy/AdministratorAccess", "policyArn")
	}},
	{"VPC CNI has a role of its own", "", func(rs recorded) bool {
		return rs.named(attachment, "vpc-cni-AmazonEKS_CNI_Policy").Inputs["role"] == "vpc-cni-a1b2c3d" &&
			valueAt(rs.named(addonKind, "vpc-cni").Inputs, "podIdentityAssociations", 0, "roleArn") == "arn:aws:iam::111122223333:role/vpc-cni"
	}, func(rs recorded) { assign(rs.named(addonKind, "vpc-cni").Inputs, nil, "podIdentityAssociations") }},
	{"NetworkPolicies are enforced", "", func(rs recorded) bool {
		var values map[string]any
		text, _ := rs.named(addonKind, "vpc-cni").Inputs["configurationValues"].(string)
		return json.Unmarshal([]byte(text), &values) == nil && values["enableNetworkPolicy"] == "true"
	}, func(rs recorded) { assign(rs.named(addonKind, "vpc-cni").Inputs, nil, "configurationValues") }},
	{"EKS repairs nodes", "", func(rs recorded) bool { return rs.every(nodeGroupKind, has(true, "nodeRepairConfig", "enabled")) },
		set(nodeGroupKind, nil, "nodeRepairConfig")},
	{"update replaces one node at a time", "", func(rs recorded) bool {
		return rs.every(nodeGroupKind, has(1.0, "updateConfig", "maxUnavailable"))
	}, set(nodeGroupKind, nil, "updateConfig")},
	{"cluster of production is protected", "prod", func(rs recorded) bool { return rs.named(eksCluster, "cluster").Protect }, unprotect(eksCluster)},
	{"KMS key of production is protected", "prod", func(rs recorded) bool { return rs.named(kmsKey, "cluster").Protect }, unprotect(kmsKey)},
	{"S3 has an endpoint in the VPC", "", func(rs recorded) bool {
		return rs.named(vpcEndpoint, "network-s3").Inputs["vpcEndpointType"] == "Gateway"
	},
		drop(vpcEndpoint, names("network-s3"))},
	{"APIs of nodes and controllers have endpoints in the VPC", "", func(rs recorded) bool {
		return !slices.ContainsFunc(endpointServices, func(service string) bool {
			r := rs.named(vpcEndpoint, "network-"+service)
			return r.Inputs["vpcEndpointType"] != "Interface" || r.Inputs["privateDnsEnabled"] != true
		})
	}, drop(vpcEndpoint, names("network-eks-auth"))},
	{"endpoints of the VPC accept the VPC alone", "", func(rs recorded) bool {
		return rs.every(securityGroup, func(r stacktest.Resource) bool {
			return valueAt(r.Inputs, "ingress", 0, "cidrBlocks", 0) == rs.named("aws:ec2/vpc:Vpc", "network").Inputs["cidrBlock"]
		})
	}, set(securityGroup, []any{"0.0.0.0/0"}, "ingress", 0, "cidrBlocks")},
	{"VPC has flow logs", "", func(rs recorded) bool { return rs.every("aws:ec2/flowLog:FlowLog", has("ALL", "trafficType")) },
		drop("aws:ec2/flowLog:FlowLog", func(stacktest.Resource) bool { return true })},
	{"default security group of the VPC allows nothing", "", func(rs recorded) bool {
		return rs.every("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", func(r stacktest.Resource) bool { return r.Inputs["ingress"] == nil && r.Inputs["egress"] == nil })
	}, drop("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", func(stacktest.Resource) bool { return true })},
	{"role is for one service account of one cluster", "", func(rs recorded) bool {
		return rs.every(roleKind, func(r stacktest.Resource) bool {
			trust := fmt.Sprint(r.Inputs["assumeRolePolicy"])
			return !strings.Contains(trust, "pods.eks.amazonaws.com") || strings.Contains(trust, "aws:RequestTag/eks-cluster-name") &&
				strings.Contains(trust, "aws:RequestTag/kubernetes-namespace") && strings.Contains(trust, "aws:RequestTag/kubernetes-service-account")
		})
	}, func(rs recorded) {
		r := rs.named(roleKind, "vpc-cni")
		r.Inputs["assumeRolePolicy"] = strings.Replace(fmt.Sprint(r.Inputs["assumeRolePolicy"]), "aws:RequestTag/kubernetes-namespace", "aws:PrincipalOrgID", 1)
	}},
	{"resources with costs have the tags of the stack", "", func(rs recorded) bool {
		return valueAt(rs.named("pulumi:providers:aws", "aws").Inputs, "defaultTags", "tags", "team") == "ml-platform" &&
			rs.every(launchTemplate, func(r stacktest.Resource) bool {
				specifications, _ := r.Inputs["tagSpecifications"].([]any)
				return len(specifications) == 3 && !slices.ContainsFunc(specifications, func(s any) bool { return valueAt(s, "tags", "team") != "ml-platform" })
			})
	}, set(launchTemplate, nil, "tagSpecifications", 0, "tags", "team")},
}

func unprotect(kind string) func(recorded) {
	return func(rs recorded) {
		for i := range rs {
			if rs[i].Type == kind {
				rs[i].Protect = false
			}
		}
	}
}

// TestSecurityChecklist checks every line for both stacks on AWS. Each line must fail
// without its setting, and no other line may fail.
func TestSecurityChecklist(t *testing.T) {
	for _, stack := range []string{"dev", "prod"} {
		text := asJSON(t, mustRecord(t, stack, stackFile(t, stack)))
		fresh := func() recorded {
			var rs recorded
			if err := json.Unmarshal(text, &rs); err != nil {
				t.Fatal(err)
			}
			return rs
		}
		for _, rule := range securityRules {
			if rule.stack != "" && rule.stack != stack {
				continue
			}
			t.Run(stack+"/"+rule.name, func(t *testing.T) {
				if !rule.holds(fresh()) {
					t.Fatal("does not hold")
				}
				rs := fresh()
				rule.broken(rs)
				for _, candidate := range securityRules {
					if candidate.stack != "" && candidate.stack != stack {
						continue
					}
					if holds := candidate.holds(rs); holds == (candidate.name == rule.name) {
						t.Errorf("without its setting, %q holds: %t", candidate.name, holds)
					}
				}
			})
		}
	}
}
