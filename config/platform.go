package config

import (
	"github.com/vllm-eks/vllm-eks/spec/account"
	"github.com/vllm-eks/vllm-eks/spec/cluster"
	"github.com/vllm-eks/vllm-eks/spec/monitoring"
	"github.com/vllm-eks/vllm-eks/spec/network"
	"github.com/vllm-eks/vllm-eks/spec/nodes"
	"github.com/vllm-eks/vllm-eks/spec/weights"
)

// Platform is everything except the models: created on AWS, or existing.
type Platform struct {
	// Account is the AWS account (keys tags, aws:region, aws:profile).
	Account account.Spec
	// Network is the VPC (key network). Default: one is created for a created cluster.
	Network network.Spec
	// Cluster is the Kubernetes cluster (key cluster). Default: one is created.
	Cluster cluster.Spec
	// Nodes are the nodes of a created cluster (keys systemNodes and nodeGroups).
	Nodes nodes.Spec
	Charts
	// Prometheus is the monitoring of the cluster (key monitoring). Default: it is
	// installed on a created cluster without monitoring.prometheusUrl.
	Prometheus monitoring.Spec
	// Offers holds the capabilities of the account that were read.
	Offers account.Offers

	queried bool // the account was read
	roles   bool // models get AWS roles
	// version is the Kubernetes version of an existing cluster; "" if it could not be
	// read, or was not read.
	version string
}

// Made reports whether the program creates the cluster and its nodes.
func (p *Platform) Made() bool { return p != nil && p.Cluster.Existing == nil }

// needsAWS reports whether the program creates AWS resources. On an existing cluster,
// these are roles of controllers and models.
func (p *Platform) needsAWS() bool {
	return p.Made() || p.needsRoles() || p.roles
}

// grants reports whether models get AWS roles: on a created cluster, and on an existing
// one with a known name and region.
func (p *Platform) grants() bool {
	return p.Made() || p.Cluster.Existing.Name != "" && p.Account.Region != ""
}

// readers returns the models that read weights from S3 with a role from the program; none
// if the program gives no roles.
func (c *Config) readers() []weights.Reader {
	if !c.Platform.grants() {
		return nil
	}
	var readers []weights.Reader
	for _, m := range c.Models {
		if bucket, folder, ok := m.BucketFolder(); ok {
			readers = append(readers, weights.Reader{
				Model: m.Name, ID: m.ResourceName(), Namespace: m.Namespace, ServiceAccount: m.ServiceAccount(), Bucket: bucket, Folder: folder, RoleARN: m.Storage.S3.RoleARN,
			})
		}
	}
	return readers
}

// Weights returns the models that read weights from S3.
func (c *Config) Weights() weights.Spec {
	if c == nil {
		return weights.Spec{}
	}
	return weights.Spec{Readers: c.readers()}
}
