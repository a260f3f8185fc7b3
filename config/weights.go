package config

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/spec/serving"
	"github.com/vllm-eks/vllm-eks/spec/weights"
)

// grants reports whether models get AWS roles: on a cluster that the program
// creates, and on an existing one whose name and region are known.
func (p Platform) grants() bool {
	return p.Made() || p.Cluster.Existing.Name != "" && p.Account.Region != ""
}

// readers are the models that read weights from S3 with a role that the program
// gives them; none where it gives no roles.
func (c *Config) readers() []weights.Reader {
	if !c.Platform.grants() {
		return nil
	}
	var all []weights.Reader
	for _, m := range c.Models {
		if bucket, folder, ok := m.BucketFolder(); ok {
			all = append(all, weights.Reader{
				Model: m.Name, ID: m.ResourceName(), Namespace: m.Namespace, ServiceAccount: m.ServiceAccount(), Bucket: bucket, Folder: folder, RoleARN: m.Storage.S3.RoleARN,
			})
		}
	}
	return all
}

// Weights are the models that read weights from S3.
func (c *Config) Weights() weights.Spec { return weights.Spec{Readers: c.readers()} }

// checkRoles refuses roles that cannot be given to a model.
func (c *Config) checkRoles(d *decoding) {
	for i, m := range c.Models {
		if m.Storage.S3.RoleARN != "" && !c.Platform.grants() {
			d.add(field.ErrorTypeInvalid, d.typedAt(fmt.Sprintf("models[%d].storage.s3.roleArn", i)),
				"is given, and the program does not know the EKS cluster; add cluster.existing.name and aws:region, or remove it and associate the role yourself")
		}
	}
}

// withoutRole warns of models in S3 to which the program gives no role, on a
// cluster of which it does not know the name.
func (c *Config) withoutRole() []string {
	if c.Platform.grants() {
		return nil
	}
	var all []string
	for _, m := range c.Models {
		if bucket, folder, ok := m.BucketFolder(); ok {
			all = append(all, withoutRole(m, bucket, folder))
		}
	}
	return all
}

func withoutRole(m serving.Spec, bucket, folder string) string {
	return fmt.Sprintf("%s: reads s3://%s/%s, and the program gives its ServiceAccount no role, since it does not know the EKS cluster; add cluster.existing.name and aws:region, "+
		"or run: aws eks create-pod-identity-association --cluster-name NAME --namespace %s --service-account %s --role-arn ARN", m.Name, bucket, folder, m.Namespace, m.ServiceAccount())
}
