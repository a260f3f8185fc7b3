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
	// keptRevisions is the number of Helm's records, one Secret each.
	keptRevisions = 5
)

// releaseInputs returns the inputs of a release. A failed release is rolled back, so
// that the next run finds no partial state: a failed installation is removed, a failed
// upgrade returns to the previous revision.
func releaseInputs(args Args) pulumi.Map {
	values := mergeGiven(untyped.Map(args.Values), args.Given)
	return pulumi.Map{
		// A name that the provider generates would be part of the names of Services.
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
		// The typed packages send this value, by which the provider recognises their
		// inputs.
		"compat": pulumi.String("true"),
	}
}

// mergeGiven returns values merged with additions, which take precedence.
func mergeGiven(values, additions pulumi.Map) pulumi.Map {
	merged := maps.Clone(values)
	if merged == nil {
		merged = pulumi.Map{}
	}
	for key, value := range additions {
		inner, isMap := merged[key].(pulumi.Map)
		if mapping, ok := value.(pulumi.Map); ok && isMap {
			value = mergeGiven(inner, mapping)
		}
		merged[key] = value
	}
	return merged
}

// namespaceInputs returns a namespace that admits pods up to a level, and warns of pods
// that the strictest level would refuse.
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
