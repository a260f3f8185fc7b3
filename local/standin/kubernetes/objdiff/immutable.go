package objdiff

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Options are the provider settings that decide about replacement.
type Options struct {
	// SecretMutable and ConfigMapMutable are the provider inputs
	// enableSecretMutable and enableConfigMapMutable. Without them a change of
	// the contents makes a new object, so that pods that mount it are renewed.
	SecretMutable, ConfigMapMutable bool
}

// Rules returns the fields whose change replaces an object of the kind. Which
// they are was read from pulumi-kubernetes v4 (provider/pkg/provider/diff.go);
// sealed is the object's own `immutable: true`.
func Rules(gvk schema.GroupVersionKind, sealed bool, opts Options) []Rule {
	rules := []Rule{"metadata.name", "metadata.namespace"}
	rules = append(rules, byKind[gvk.GroupKind()]...)
	switch gvk.GroupKind() {
	case schema.GroupKind{Kind: "Secret"}:
		if sealed || !opts.SecretMutable {
			rules = append(rules, "data", "stringData")
		}
	case schema.GroupKind{Kind: "ConfigMap"}:
		if sealed || !opts.ConfigMapMutable {
			rules = append(rules, "data", "binaryData")
		}
	}
	return rules
}

const rbac = "rbac.authorization.k8s.io"

var byKind = map[schema.GroupKind][]Rule{
	{Group: "apps", Kind: "Deployment"}: {"spec.selector"},
	{Group: "apps", Kind: "DaemonSet"}:  {"spec.selector"},
	{Group: "apps", Kind: "StatefulSet"}: {
		"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector",
		"spec.serviceName", "spec.volumeClaimTemplates",
	},
	{Group: "batch", Kind: "Job"}:                   {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	{Group: rbac, Kind: "RoleBinding"}:              {"roleRef"},
	{Group: rbac, Kind: "ClusterRoleBinding"}:       {"roleRef"},
	{Group: "storage.k8s.io", Kind: "StorageClass"}: {"parameters", "provisioner"},
	{Kind: "Secret"}:                                {"type"},
	{Kind: "Service"}:                               {"spec.clusterIP"},
	{Kind: "ResourceQuota"}:                         {"spec.scopes"},
	{Kind: "PersistentVolumeClaim"}:                 under("spec", "accessModes", "selector", "storageClassName", "volumeName"),
	{Kind: "PersistentVolume"}:                      under("spec", volumeSources...),
	{Kind: "Pod"}:                                   podRules(),
}

// volumeSources are the ways to back a PersistentVolume.
var volumeSources = []string{
	"awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume",
	"flocker", "gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk",
	"portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
}

var podFields = []string{
	"affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases",
	"hostIPC", "hostNetwork", "hostPID", "hostname", "imagePullSecrets", "nodeName", "nodeSelector", "overhead",
	"preemptionPolicy", "priority", "priorityClassName", "readinessGates", "restartPolicy", "runtimeClassName",
	"schedulerName", "securityContext", "serviceAccount", "serviceAccountName", "shareProcessNamespace",
	"subdomain", "terminationGracePeriodSeconds", "volumes",
}

var containerFields = []string{
	"args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports", "readinessProbe",
	"resources", "securityContext", "stdin", "stdinOnce", "terminationMessagePath", "terminationMessagePolicy",
	"tty", "volumeDevices", "volumeMounts", "workingDir",
}

func podRules() []Rule {
	rules := under("spec", podFields...)
	rules = append(rules, under("spec.containers.*", containerFields...)...)
	return append(rules, under("spec.initContainers.*", containerFields...)...)
}

func under(prefix string, fields ...string) []Rule {
	rules := make([]Rule, 0, len(fields))
	for _, field := range fields {
		rules = append(rules, Rule(prefix+"."+field))
	}
	return rules
}
