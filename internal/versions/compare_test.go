package versions

import "testing"

func TestCompare(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"1.35.6-20260714", "1.35.10-20260714", -1},
		{"1.35.6-20260911", "1.35.6-20260714", 1},
		{"v1.13.2-eksbuild.21", "v1.13.2-eksbuild.3", 1},
		{"v1.3.10-eksbuild.3", "v1.3.10-eksbuild.3", 0},
		{"v1.22.4", "v1.22.4-eksbuild.1", -1},
		{"1.9", "1.10", -1},
	}
	for _, test := range tests {
		if got := Compare(test.a, test.b); got != test.want {
			t.Errorf("Compare(%q, %q) is %d, want %d", test.a, test.b, got, test.want)
		}
		if got := Compare(test.b, test.a); got != -test.want {
			t.Errorf("Compare(%q, %q) is %d, want %d", test.b, test.a, got, -test.want)
		}
	}
}

// TestAMIReleases checks that every minor has an AMI release.
func TestAMIReleases(t *testing.T) {
	for _, minor := range KubernetesMinors() {
		if release := AMIRelease(minor); len(release) < len(minor) || release[:len(minor)+1] != minor+"." {
			t.Errorf("the AMI release for %s is %q", minor, release)
		}
	}
}
