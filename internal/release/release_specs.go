package release

import (
	"cmp"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/vllm-eks/vllm-eks/internal/chart"
	"github.com/vllm-eks/vllm-eks/internal/fieldmanager"
	"github.com/vllm-eks/vllm-eks/internal/untyped"
	"github.com/vllm-eks/vllm-eks/internal/versions"
)

const (
	defaultTimeoutSeconds = 600
	// keptRevisions are Helm's own records, one Secret each.
	keptRevisions = 5
)

// releaseInputs have a release that fails undone, so that the next run finds
// nothing half-made: an install is removed, an upgrade goes back to what ran.
func releaseInputs(args Args) pulumi.Map {
	values := mergeGiven(untyped.Map(args.Values), args.Given)
	return pulumi.Map{
		// A name that the provider made up would be part of the names of Services.
		"name":           pulumi.String(cmp.Or(args.Name, args.Chart.Name)),
		"namespace":      pulumi.String(args.Namespace),
		"chart":          pulumi.String(args.Chart.Name),
		"version":        pulumi.String(args.Chart.Version),
		"repositoryOpts": pulumi.Map{"repo": pulumi.String(args.Chart.Repository)},
		"values":         values,
		"atomic":         pulumi.Bool(true),
		"cleanupOnFail":  pulumi.Bool(true),
		"maxHistory":     pulumi.Int(keptRevisions),
		"timeout":        pulumi.Int(cmp.Or(args.TimeoutSeconds, defaultTimeoutSeconds)),
		// What the typed packages send, by which the provider knows their inputs.
		"compat": pulumi.String("true"),
	}
}

// mergeGiven returns values with given ones put into them.
func mergeGiven(values, given pulumi.Map) pulumi.Map {
	merged := maps.Clone(values)
	if merged == nil {
		merged = pulumi.Map{}
	}
	for key, value := range given {
		inner, isMap := merged[key].(pulumi.Map)
		if more, both := value.(pulumi.Map); both && isMap {
			value = mergeGiven(inner, more)
		}
		merged[key] = value
	}
	return merged
}

// namespaceInputs are a namespace that admits pods of a level, and warns of those
// that the strictest would not.
func namespaceInputs(name string, level chart.Level, manager string) pulumi.Map {
	labels := pulumi.StringMap{
		"app.kubernetes.io/part-of":                  pulumi.String("vllm-eks"),
		"app.kubernetes.io/managed-by":               pulumi.String("pulumi"),
		"pod-security.kubernetes.io/enforce":         pulumi.String(level),
		"pod-security.kubernetes.io/enforce-version": pulumi.String(versions.PodSecurity),
	}
	if level != chart.Privileged {
		labels["pod-security.kubernetes.io/warn"] = pulumi.String(chart.Restricted)
		labels["pod-security.kubernetes.io/warn-version"] = pulumi.String("latest")
	}
	return pulumi.Map{
		"apiVersion": pulumi.String("v1"),
		"kind":       pulumi.String("Namespace"),
		"metadata": pulumi.Map{
			"name": pulumi.String(name), "labels": labels, "annotations": pulumi.ToStringMap(fieldmanager.Annotations(manager)),
		},
	}
}
