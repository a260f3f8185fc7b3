package config

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// diskClasses are StorageClasses of EBS, whose volumes one node mounts at a time:
// the program's own, and the one that EKS creates.
// https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html
var diskClasses = []string{"gp2", "gp3"}

// checkCaches refuses caches on volumes that several nodes cannot mount.
func (c *Config) checkCaches(d *decoding) {
	if !c.Platform.Made() {
		return // nobody knows the cluster's classes
	}
	for i, m := range c.Models {
		if class := m.Storage.Cache.StorageClass; slices.Contains(diskClasses, class) {
			d.add(field.ErrorTypeInvalid, d.typedAt(fmt.Sprintf("models[%d].storage.cache.storageClass", i)),
				"is %s, whose EBS volumes one node mounts at a time, and the replicas of a model are on several; want a StorageClass of EFS (cluster.efs: true installs its driver)", class)
		}
	}
}

// cacheWarnings are about StorageClasses that the program does not create.
func (c *Config) cacheWarnings() []string {
	if !c.Platform.Made() {
		return nil
	}
	var all []string
	for _, m := range c.Models {
		class := m.Storage.Cache.StorageClass
		if class == "" {
			continue
		}
		text := fmt.Sprintf("%s: storage.cache.storageClass is %s, which this program does not create: the pods wait until it exists, with volumes that several nodes mount", m.Name, class)
		if !c.Platform.Cluster.EFS {
			text += "; for one of EFS, set cluster.efs to true, which installs the driver"
		}
		all = append(all, text+"; docs/serving.md#storage has the manifest")
	}
	return all
}
