package stack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// recorded are resources as JSON has them, so that a test can take a setting
// away.
type recorded []stacktest.Resource

func (rs recorded) of(kind string) recorded {
	return slices.DeleteFunc(slices.Clone(rs), func(r stacktest.Resource) bool { return r.Type != kind })
}

func (rs recorded) named(kind, name string) stacktest.Resource {
	for _, r := range rs.of(kind) {
		if r.Name == name {
			return r
		}
	}
	return stacktest.Resource{}
}

// every tells whether there are some of a kind, and all of them are right.
func (rs recorded) every(kind string, right func(stacktest.Resource) bool) bool {
	all := rs.of(kind)
	return len(all) > 0 && !slices.ContainsFunc(all, func(r stacktest.Resource) bool { return !right(r) })
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

// endpointServices are the APIs that nodes and controllers reach within the VPC.
var endpointServices = []string{"ecr.api", "ecr.dkr", "ec2", "sts", "logs", "elasticloadbalancing", "autoscaling", "eks-auth"}

// securityRule is one line of the checklist, and how it would be broken.
type securityRule struct {
	name  string
	stack string // "" for all
	holds func(recorded) bool
	// broken takes the setting away.
	broken func(recorded)
}

// set changes one setting of every resource of a kind; nil takes it away.
func set(kind string, value any, path ...any) func(recorded) {
	return func(rs recorded) {
		for _, r := range rs.of(kind) {
			assign(r.Inputs, value, path...)
		}
	}
}

func assign(in map[string]any, value any, path ...any) {
	holder := at(in, path[:len(path)-1]...)
	switch last := path[len(path)-1].(type) {
	case string:
		if m, ok := holder.(map[string]any); ok {
			if m[last] = value; value == nil {
				delete(m, last)
			}
		}
	case int:
		if list, ok := holder.([]any); ok && last < len(list) {
			list[last] = value
		}
	}
}

// drop has a resource be of no kind that a rule knows.
func drop(kind string, which func(stacktest.Resource) bool) func(recorded) {
	return func(rs recorded) {
		for i := range rs {
			if rs[i].Type == kind && which(rs[i]) {
				rs[i].Type = "dropped"
			}
		}
	}
}

func is(value any, path ...any) func(stacktest.Resource) bool {
	return func(r stacktest.Resource) bool { return at(r.Inputs, path...) == value }
}

func names(name string) func(stacktest.Resource) bool {
	return func(r stacktest.Resource) bool { return r.Name == name }
}

// texts are a list of texts.
func texts(list any) []string {
	var all []string
	items, _ := list.([]any)
	for _, item := range items {
		all = append(all, fmt.Sprint(item))
	}
	return all
}

var securityRules = []securityRule{
	{"API server has a private endpoint", "", func(rs recorded) bool { return rs.every(eksCluster, is(true, "endpointPrivateAccess")) },
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
	{"KMS key rotates", "", func(rs recorded) bool { return rs.every(kmsKey, is(true, "enableKeyRotation")) }, set(kmsKey, nil, "enableKeyRotation")},
	{"control plane logs api, audit and authenticator", "", func(rs recorded) bool {
		return rs.every(eksCluster, func(r stacktest.Resource) bool {
			return slices.Equal(texts(r.Inputs["enabledClusterLogTypes"]), []string{"api", "audit", "authenticator"})
		})
	}, set(eksCluster, []any{"api"}, "enabledClusterLogTypes")},
	{"log group of the control plane has a retention", "", func(rs recorded) bool {
		group := rs.named(logGroup, "cluster")
		return group.Inputs["name"] == fmt.Sprintf("/aws/eks/%v/cluster", rs.named(eksCluster, "cluster").Inputs["name"]) && group.Inputs["retentionInDays"] != nil
	}, func(rs recorded) { assign(rs.named(logGroup, "cluster").Inputs, nil, "retentionInDays") }},
	{"access entries alone decide access to the cluster", "", func(rs recorded) bool { return rs.every(eksCluster, is("API", "authenticationMode")) },
		set(eksCluster, nil, "authenticationMode")},
	{"cluster has access entries", "", func(rs recorded) bool { return len(rs.of(accessEntry)) > 0 },
		drop(accessEntry, func(stacktest.Resource) bool { return true })},
	{"Pod Identity gives roles, not OIDC", "", func(rs recorded) bool { return rs.every(eksCluster, is(false, "createOidcProvider")) },
		set(eksCluster, true, "createOidcProvider")},
	{"agent of Pod Identity is installed", "", func(rs recorded) bool { return rs.named(addonKind, "eks-pod-identity-agent").Name != "" },
		drop(addonKind, names("eks-pod-identity-agent"))},
	{"metadata service requires a session", "", func(rs recorded) bool {
		return rs.every(launchTemplate, is("required", "metadataOptions", "httpTokens"))
	},
		set(launchTemplate, "optional", "metadataOptions", "httpTokens")},
	{"metadata service answers the node alone", "", func(rs recorded) bool {
		return rs.every(launchTemplate, is(1.0, "metadataOptions", "httpPutResponseHopLimit"))
	}, set(launchTemplate, 2.0, "metadataOptions", "httpPutResponseHopLimit")},
	{"disks of nodes are encrypted", "", func(rs recorded) bool {
		return rs.every(launchTemplate, is("true", "blockDeviceMappings", 0, "ebs", "encrypted"))
	}, set(launchTemplate, nil, "blockDeviceMappings", 0, "ebs", "encrypted")},
	{"volumes are encrypted", "", func(rs recorded) bool { return rs.every(storageClass, is("true", "parameters", "encrypted")) },
		set(storageClass, nil, "parameters", "encrypted")},
	{"nodes are in private subnets", "", func(rs recorded) bool {
		return rs.every(nodeGroupKind, func(r stacktest.Resource) bool {
			return len(texts(r.Inputs["subnetIds"])) > 0 && !strings.Contains(strings.Join(texts(r.Inputs["subnetIds"]), " "), "public")
		})
	}, set(nodeGroupKind, []any{"network-public-us-west-2a-id"}, "subnetIds")},
	{"subnets give no public addresses", "", func(rs recorded) bool { return rs.every(subnetKind, is(false, "mapPublicIpOnLaunch")) },
		set(subnetKind, true, "mapPublicIpOnLaunch")},
	{"role of nodes joins the cluster and reads images only", "", func(rs recorded) bool {
		var of []string
		for _, r := range rs.of(attachment) {
			if r.Inputs["role"] == "nodes-a1b2c3d" {
				of = append(of, fmt.Sprint(r.Inputs["policyArn"]))
			}
		}
		return slices.Equal(of, []string{"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly", "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"})
	}, func(rs recorded) {
		assign(rs.named(attachment, "nodes-AmazonEKSWorkerNodePolicy").Inputs, "arn:aws:iam::aws:policy/AdministratorAccess", "policyArn")
	}},
	{"VPC CNI has a role of its own", "", func(rs recorded) bool {
		return rs.named(attachment, "vpc-cni-AmazonEKS_CNI_Policy").Inputs["role"] == "vpc-cni-a1b2c3d" &&
			at(rs.named(addonKind, "vpc-cni").Inputs, "podIdentityAssociations", 0, "roleArn") == "arn:aws:iam::111122223333:role/vpc-cni"
	}, func(rs recorded) { assign(rs.named(addonKind, "vpc-cni").Inputs, nil, "podIdentityAssociations") }},
	{"NetworkPolicies are enforced", "", func(rs recorded) bool {
		var values map[string]any
		text, _ := rs.named(addonKind, "vpc-cni").Inputs["configurationValues"].(string)
		return json.Unmarshal([]byte(text), &values) == nil && values["enableNetworkPolicy"] == "true"
	}, func(rs recorded) { assign(rs.named(addonKind, "vpc-cni").Inputs, nil, "configurationValues") }},
	{"EKS repairs nodes", "", func(rs recorded) bool { return rs.every(nodeGroupKind, is(true, "nodeRepairConfig", "enabled")) },
		set(nodeGroupKind, nil, "nodeRepairConfig")},
	{"update replaces one node at a time", "", func(rs recorded) bool {
		return rs.every(nodeGroupKind, is(1.0, "updateConfig", "maxUnavailable"))
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
			return at(r.Inputs, "ingress", 0, "cidrBlocks", 0) == rs.named("aws:ec2/vpc:Vpc", "network").Inputs["cidrBlock"]
		})
	}, set(securityGroup, []any{"0.0.0.0/0"}, "ingress", 0, "cidrBlocks")},
	{"VPC has flow logs", "", func(rs recorded) bool { return rs.every("aws:ec2/flowLog:FlowLog", is("ALL", "trafficType")) },
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
		return at(rs.named("pulumi:providers:aws", "aws").Inputs, "defaultTags", "tags", "team") == "ml-platform" &&
			rs.every(launchTemplate, func(r stacktest.Resource) bool {
				specifications, _ := r.Inputs["tagSpecifications"].([]any)
				return len(specifications) == 3 && !slices.ContainsFunc(specifications, func(s any) bool { return at(s, "tags", "team") != "ml-platform" })
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

// TestSecurityChecklist holds every line for both stacks on AWS, and that each
// finds out when its setting is gone, and no other does.
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
				for _, other := range securityRules {
					if other.stack != "" && other.stack != stack {
						continue
					}
					if holds := other.holds(rs); holds == (other.name == rule.name) {
						t.Errorf("without its setting, %q holds: %t", other.name, holds)
					}
				}
			})
		}
	}
}
