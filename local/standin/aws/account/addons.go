package account

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// schema is the type of a value of an add-on. An object has these properties and no others.
// Without properties, any value of the type is valid.
type schema struct {
	kind       string // object, array, string, integer, boolean; "" for any
	properties map[string]schema
}

func object(properties map[string]schema) schema { return schema{"object", properties} }

var (
	text    = schema{kind: "string"}
	integer = schema{kind: "integer"}
	boolean = schema{kind: "boolean"}
	array   = schema{kind: "array"}
	mapping = schema{kind: "object"}
	limits  = object(map[string]schema{"cpu": text, "memory": text})
	// resources of a container.
	resources = object(map[string]schema{"limits": limits, "requests": limits})
)

// merged returns two sets of properties together.
func merged(base map[string]schema, extra map[string]schema) map[string]schema {
	result := maps.Clone(base)
	maps.Copy(result, extra)
	return result
}

// placement holds the properties that most pods have.
var placement = map[string]schema{
	"affinity": mapping, "nodeSelector": mapping, "tolerations": array, "podAnnotations": mapping, "podLabels": mapping, "resources": resources,
}

// controller describes the Deployment of a storage driver.
var controller = merged(placement, map[string]schema{
	"additionalArgs": array, "deploymentAnnotations": mapping, "env": array, "envFrom": array, "extraVolumeTags": mapping, "logLevel": integer,
	"loggingFormat": text, "podDisruptionBudget": mapping, "priorityClassName": text, "replicaCount": integer, "revisionHistoryLimit": integer,
	"topologySpreadConstraints": array, "updateStrategy": mapping, "volumeMounts": array, "volumes": array, "tags": mapping,
	"deleteAccessPointRootDir": boolean, "serviceAccount": mapping, "enableMetrics": boolean, "batching": boolean, "k8sTagClusterId": text,
	"volumeModificationFeature": mapping, "securityContext": mapping, "defaultFsType": text, "region": text,
})

// configurations holds the schemas of the add-ons' configuration values, for the builds in
// awsdata. EKS returns them for `aws eks describe-addon-configuration`. These follow the charts
// in the named repositories. All have additionalProperties: false, like EKS' own.
var configurations = map[string]schema{
	// docs.aws.amazon.com/cli/latest/reference/eks/describe-addon-configuration.html, example 1 (vpc-cni), and
	// github.com/aws/amazon-vpc-cni-k8s charts/aws-vpc-cni/values.yaml (v1.22): booleans are strings
	"vpc-cni": object(merged(placement, map[string]schema{
		"enableNetworkPolicy": text, "enableWindowsIpam": text, "enableWindowsPrefixDelegation": text, "env": mapping, "eniConfig": mapping,
		"init": mapping, "livenessProbeTimeoutSeconds": integer, "readinessProbeTimeoutSeconds": integer, "nodeAgent": mapping,
		"warmWindowsPrefixTarget": integer, "warmWindowsIPTarget": integer, "minimumWindowsIPTarget": integer, "branchENICooldown": integer,
		"originalMatchLabels": boolean,
	})),
	// github.com/terraform-aws-modules/terraform-aws-eks, the schema of v1.11.1-eksbuild.8, and example 2 of the page above
	"coredns": object(map[string]schema{
		"affinity": mapping, "autoScaling": object(map[string]schema{"enabled": boolean, "minReplicas": integer, "maxReplicas": integer}),
		"computeType": text, "corefile": text, "nodeSelector": mapping, "podAnnotations": mapping, "podLabels": mapping,
		"podDisruptionBudget": mapping, "replicaCount": integer, "resources": resources, "tolerations": array, "topologySpreadConstraints": array,
	}),
	// docs.aws.amazon.com/eks/latest/userguide/managing-kube-proxy.html
	"kube-proxy":             object(map[string]schema{"ipvs": mapping, "mode": text, "podAnnotations": mapping, "podLabels": mapping, "resources": resources}),
	"eks-pod-identity-agent": object(merged(placement, map[string]schema{"agent": mapping, "init": mapping, "updateStrategy": mapping, "priorityClassName": text})),
	// github.com/kubernetes-sigs/metrics-server charts/metrics-server/values.yaml
	"metrics-server": object(merged(placement, map[string]schema{
		"addonResizer": mapping, "args": array, "containerPort": integer, "defaultArgs": array, "deploymentAnnotations": mapping, "metrics": mapping,
		"podDisruptionBudget": mapping, "replicas": integer, "revisionHistoryLimit": integer, "topologySpreadConstraints": array, "updateStrategy": mapping,
	})),
	// github.com/kubernetes-sigs/aws-ebs-csi-driver charts/aws-ebs-csi-driver/values.yaml (v1.63)
	"aws-ebs-csi-driver": object(map[string]schema{
		"controller": object(controller), "node": mapping, "sidecars": mapping, "image": mapping, "customLabels": mapping, "proxy": mapping,
		"defaultStorageClass": object(map[string]schema{"enabled": boolean}), "fips": boolean, "a1CompatibilityDaemonSet": boolean,
	}),
	// github.com/kubernetes-sigs/aws-efs-csi-driver charts/aws-efs-csi-driver/values.yaml
	"aws-efs-csi-driver": object(map[string]schema{"controller": object(controller), "node": mapping, "sidecars": mapping, "replicaCount": integer}),
	// github.com/aws/eks-node-monitoring-agent charts/configuration.schema.json @0b5f05cd (read 2026-11-29)
	"eks-node-monitoring-agent": object(map[string]schema{
		"global": object(map[string]schema{"podAnnotations": mapping, "podLabels": mapping}), "extraObjects": array,
		"nodeAgent": object(merged(placement, map[string]schema{
			"additionalArgs": array, "dcgmAddress": text, "dnsPolicy": text, "monitors": mapping, "priorityClassName": text, "probePort": integer, "resizePolicy": array,
		})),
		"dcgmAgent": object(merged(placement, map[string]schema{"enabled": boolean, "priorityClassName": text, "resizePolicy": array})),
	}),
	"snapshot-controller": object(merged(placement, map[string]schema{"replicaCount": integer, "podDisruptionBudget": mapping})),
}

// validate reports every value that violates the schema, with its place.
func (s schema) validate(place string, value any, c *shape.Problems) {
	if !s.takes(value) {
		c.Addf(place, "%s: got %s, want %s", place, shape.Describe(value), s.kind)
		return
	}
	if s.properties == nil {
		return
	}
	object := asObject(value)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		property, found := s.properties[name]
		if !found {
			c.Addf(place, "%s: additional property %q is not allowed; there are: %s", place, name, strings.Join(slices.Sorted(maps.Keys(s.properties)), ", "))
			continue
		}
		property.validate(place+"."+name, object[name], c)
	}
}

func (s schema) takes(value any) bool {
	var fits bool
	switch s.kind {
	case "object":
		_, fits = value.(map[string]any)
	case "array":
		_, fits = value.([]any)
	case "string":
		_, fits = value.(string)
	case "boolean":
		_, fits = value.(bool)
	case "integer":
		number, isNumber := value.(float64)
		fits = isNumber && number == float64(int(number))
	default:
		fits = true
	}
	return fits
}

// checkAddon compares an add-on's configuration values with its schema.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAddon.html
func checkAddon(c *shape.Problems, inputs map[string]any) {
	values, schemas := textAt(inputs, "configurationValues"), configurations[textAt(inputs, "addonName")]
	if values == "" {
		return
	}
	var decoded any
	if json.Unmarshal([]byte(values), &decoded) == nil { // the format check reports invalid JSON
		schemas.validate("configurationValues", decoded, c)
	}
}

// addonFits returns an error unless EKS has the add-on's build for the cluster's minor version.
// An add-on keeps its build when the cluster is updated.
func addonFits(records stock, r, before *Record) error {
	cluster := records.find(token("eks/cluster"), textAt(r.Inputs, "clusterName"))
	name, version := textAt(r.Inputs, "addonName"), textAt(r.Inputs, "addonVersion")
	if cluster == nil || version == "" || before != nil && textAt(before.Outputs, "addonVersion") == version {
		return nil
	}
	kubernetes := textAt(cluster.Outputs, "version")
	if offered := awsdata.AddonVersions(name, kubernetes); !slices.Contains(offered, version) {
		return fmt.Errorf("InvalidParameterException: Addon version specified is not supported: %s %s on Kubernetes %s; the simulated account has %s",
			name, version, kubernetes, strings.Join(offered, ", "))
	}
	return nil
}

// fillAddon sets EKS' default version if the add-on has none.
func fillAddon(_ *Session, records stock, r *Record) {
	cluster := records.find(token("eks/cluster"), textAt(r.Inputs, "clusterName"))
	if r.Outputs["addonVersion"] == nil && cluster != nil {
		r.Outputs["addonVersion"] = awsdata.DefaultAddonVersion(textAt(r.Inputs, "addonName"), textAt(cluster.Outputs, "version"))
	}
}
