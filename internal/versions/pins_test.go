package versions

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestBuildsOfMinors checks that each minor has its own builds, which an
// upgrade of the control plane needs.
func TestBuildsOfMinors(t *testing.T) {
	build := regexp.MustCompile(`^v\d+\.\d+\.\d+-eksbuild\.\d+$`)
	minors := KubernetesMinors()
	if !slices.Contains(minors, Kubernetes) || !slices.IsSorted(minors) || len(minors) < 3 {
		t.Fatalf("the minors are %q, want at least three with %s among them", minors, Kubernetes)
	}
	for _, m := range minors {
		for _, name := range Addons() {
			if v := Addon(name, m); !build.MatchString(v) {
				t.Errorf("%s on %s is %q, want a build of EKS", name, m, v)
			}
		}
		prefix := "v" + m + "."
		if v := Addon("kube-proxy", m); !strings.HasPrefix(v, prefix) {
			t.Errorf("kube-proxy on %s is %s", m, v)
		}
		if v := ClusterAutoscalerTag(m); !strings.HasPrefix(v, prefix) || !release.MatchString(v) {
			t.Errorf("the cluster autoscaler on %s is %q", m, v)
		}
	}
	if len(Addons()) != 8 {
		t.Errorf("the add-ons are %q, want eight", Addons())
	}
	for _, wrong := range [][2]string{{"coredns", "1.20"}, {"vpc-cni", ""}, {"no-such-addon", Kubernetes}} {
		if v := Addon(wrong[0], wrong[1]); v != "" {
			t.Errorf("%q has the version %s", wrong, v)
		}
	}
	if v := ClusterAutoscalerTag("1.20"); v != "" {
		t.Errorf("an unknown minor has the autoscaler %s", v)
	}
}
