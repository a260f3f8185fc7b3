package awsdata

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
const (
	// OldestMinor is the oldest Kubernetes minor that EKS supports, with extended
	// support: the support of 1.31 ended on 2026-11-26.
	OldestMinor = 32
	// NewestMinor is the newest minor that EKS supports, as of November 2026.
	NewestMinor = 36
)

// addon lists the builds of an EKS add-on for one minor, the newest first.
type addon struct {
	// builds are the accepted versions. EKS withdraws none within some months.
	builds []string
	// standard is the version that EKS installs by default.
	standard string
}

// everyMinor holds the add-ons with one build for all minors.
//
// Read on 2026-11-29 in published outputs of aws eks describe-addon-versions and
// list-addons from 2026-08-20 to 2026-10-20. The list of builds is an excerpt.
var everyMinor = map[string]addon{
	"vpc-cni":                   {[]string{"v1.23.2-eksbuild.1", "v1.23.1-eksbuild.1", "v1.23.0-eksbuild.1", "v1.22.4-eksbuild.3", "v1.22.3-eksbuild.1"}, "v1.22.4-eksbuild.3"},
	"eks-pod-identity-agent":    {[]string{"v1.4.0-eksbuild.3", "v1.4.0-eksbuild.2", "v1.3.10-eksbuild.3", "v1.3.10-eksbuild.2"}, "v1.3.10-eksbuild.3"},
	"aws-ebs-csi-driver":        {[]string{"v1.66.0-eksbuild.1", "v1.63.1-eksbuild.1", "v1.61.1-eksbuild.1"}, "v1.66.0-eksbuild.1"},
	"aws-efs-csi-driver":        {[]string{"v3.4.2-eksbuild.1", "v3.4.0-eksbuild.1"}, "v3.4.2-eksbuild.1"},
	"metrics-server":            {[]string{"v0.9.0-eksbuild.11", "v0.9.0-eksbuild.7"}, "v0.9.0-eksbuild.11"},
	"eks-node-monitoring-agent": {[]string{"v1.7.0-eksbuild.1", "v1.6.0-eksbuild.1", "v1.5.0-eksbuild.1", "v1.3.0-eksbuild.2"}, "v1.3.0-eksbuild.2"},
	"snapshot-controller":       {[]string{"v8.6.0-eksbuild.1"}, "v8.6.0-eksbuild.1"},
}

// byMinor holds the add-ons that EKS builds for each minor.
var byMinor = map[string]map[int]addon{
	"coredns": {
		32: {[]string{"v1.11.4-eksbuild.60", "v1.11.4-eksbuild.40"}, "v1.11.4-eksbuild.60"},
		33: {[]string{"v1.13.2-eksbuild.24", "v1.12.4-eksbuild.38", "v1.12.4-eksbuild.29"}, "v1.12.4-eksbuild.38"},
		34: {[]string{"v1.13.2-eksbuild.24", "v1.12.4-eksbuild.38", "v1.12.4-eksbuild.29"}, "v1.12.4-eksbuild.38"},
		35: {[]string{"v1.14.6-eksbuild.4", "v1.14.3-eksbuild.22", "v1.13.2-eksbuild.31", "v1.13.2-eksbuild.24", "v1.13.2-eksbuild.21"}, "v1.13.2-eksbuild.31"},
		36: {[]string{"v1.14.6-eksbuild.4", "v1.14.3-eksbuild.23", "v1.14.3-eksbuild.16"}, "v1.14.3-eksbuild.23"},
	},
	"kube-proxy": {
		32: {[]string{"v1.32.13-eksbuild.32", "v1.32.13-eksbuild.28", "v1.32.13-eksbuild.21"}, "v1.32.13-eksbuild.32"},
		33: {[]string{"v1.33.10-eksbuild.29", "v1.33.10-eksbuild.25", "v1.33.10-eksbuild.21"}, "v1.33.10-eksbuild.29"},
		34: {[]string{"v1.34.6-eksbuild.29", "v1.34.6-eksbuild.25", "v1.34.6-eksbuild.21"}, "v1.34.6-eksbuild.29"},
		35: {[]string{"v1.35.3-eksbuild.29", "v1.35.3-eksbuild.25", "v1.35.3-eksbuild.21"}, "v1.35.3-eksbuild.29"},
		36: {[]string{"v1.36.0-eksbuild.25", "v1.36.0-eksbuild.21", "v1.36.0-eksbuild.14"}, "v1.36.0-eksbuild.25"},
	},
}

// Minor returns 35 for "1.35", and 0 for any other text.
func Minor(version string) int {
	text, found := strings.CutPrefix(version, "1.")
	n, err := strconv.Atoi(text)
	if !found || err != nil {
		return 0
	}
	return n
}

// Addons returns the names of the add-ons of the simulated accounts, sorted.
func Addons() []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(everyMinor)), maps.Keys(byMinor))
	slices.Sort(names)
	return names
}

// AddonVersions returns the builds of an add-on that EKS accepts for a minor, such as
// "1.35", the newest first; none for an unknown add-on or minor.
func AddonVersions(name, kubernetes string) []string { return builds(name, kubernetes).builds }

// DefaultAddonVersion returns the build that EKS installs by default.
func DefaultAddonVersion(name, kubernetes string) string { return builds(name, kubernetes).standard }

func builds(name, kubernetes string) addon {
	n := Minor(kubernetes)
	if n < OldestMinor || n > NewestMinor {
		return addon{}
	}
	if a, ok := everyMinor[name]; ok {
		return a
	}
	return byMinor[name][n]
}

// releases holds the newest releases of the EKS-optimized AL2023 images for x86_64, by
// minor. Images with NVIDIA's driver have the same numbers.
// https://github.com/awslabs/amazon-eks-ami/releases, v20260930 for 1.36 and v20260911
// for the others
var releases = map[int]string{
	32: "1.32.15-20260911", 33: "1.33.13-20260911", 34: "1.34.11-20260911", 35: "1.35.7-20260911", 36: "1.36.4-20260930",
}

// Release returns the newest release of the image for a minor, such as "1.35"; "" for a
// minor that EKS does not support.
func Release(kubernetes string) string { return releases[Minor(kubernetes)] }

// Releases returns the releases of a minor's image that EKS still accepts, the newest
// first.
func Releases(kubernetes string) []string {
	newest := Release(kubernetes)
	if newest == "" {
		return nil
	}
	patch, _, _ := strings.Cut(newest, "-")
	return []string{newest, patch + "-20260827"}
}
