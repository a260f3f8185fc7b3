package stack

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

const (
	digitsOfEKS = "20261129012345678900000001"
)

// running returns an account in which onAWS runs, with three g5 nodes in one of two zones.
func running(t *testing.T) *stacktest.Account {
	t.Helper()
	account := stacktest.SimulatedAccount()
	groups := map[string]stacktest.NodeGroup{}
	for _, r := range mustRecord(t, "test", mustParse(t, onAWS)).Resources() {
		if r.Type != nodeGroupKind {
			continue
		}
		labels, _ := r.Inputs["labels"].(map[string]any)
		g := stacktest.NodeGroup{
			Min: int(number(t, r.Inputs, "scalingConfig", "minSize")), Max: int(number(t, r.Inputs, "scalingConfig", "maxSize")),
			Desired: int(number(t, r.Inputs, "scalingConfig", "desiredSize")), Version: "1.35", Release: fmt.Sprint(r.Inputs["releaseVersion"]),
			AMIType: fmt.Sprint(r.Inputs["amiType"]), Capacity: fmt.Sprint(r.Inputs["capacityType"]),
			Labels: map[string]string{"vllm-eks/launch-template": fmt.Sprint(labels["vllm-eks/launch-template"])},
		}
		types, _ := r.Inputs["instanceTypes"].([]any)
		for _, instanceType := range types {
			g.InstanceTypes = append(g.InstanceTypes, fmt.Sprint(instanceType))
		}
		if r.Name == "nodes-g5-us-west-2a" {
			g.Desired = 3
		}
		groups[strings.TrimPrefix(r.Name, "nodes-")+"-"+digitsOfEKS] = g
	}
	account.Clusters = map[string]stacktest.Cluster{"vllm-eks-test": {Version: "1.35", Groups: groups}}
	return account
}

// scaling returns the sizes of g5 in a zone, and whether the program ignores changes of the
// desired size.
func scaling(t *testing.T, r *stacktest.Recording, zone string) string {
	t.Helper()
	for _, resource := range r.Resources() {
		if resource.Type == nodeGroupKind && resource.Name == "nodes-g5-"+zone {
			return fmt.Sprintf("%v %v %v %v", valueAt(resource.Inputs, "scalingConfig", "minSize"), valueAt(resource.Inputs, "scalingConfig", "maxSize"),
				valueAt(resource.Inputs, "scalingConfig", "desiredSize"), slices.Contains(resource.IgnoreChanges, "scalingConfig"))
		}
	}
	t.Fatalf("there is no node group of g5 in %s", zone)
	return ""
}

// TestChangingMaxEndsNoNodeThatTheAutoscalerStarted checks changes of max, and a change
// that raises min above the number of running nodes.
func TestChangingMaxEndsNoNodeThatTheAutoscalerStarted(t *testing.T) {
	tests := []struct {
		name, old, new string
		a, b           string // min, max, desired, and whether that is left alone
	}{
		{"no change of a node group", "max: 4}, {", "max: 4}, {", "0 4 0 true", "0 4 0 true"},
		{"larger max", "max: 4}, {", "max: 6}, {", "0 6 3 false", "0 6 0 false"},
		{"smaller max", "max: 4}, {", "max: 1}, {", "0 3 3 false", "0 1 0 false"},
		{"larger min", "max: 4}, {", "min: 4, max: 6}, {", "2 6 3 false", "2 6 2 false"},
		{"new tag", "  vllm-eks:models:", "  vllm-eks:tags: {team: ml}\n  vllm-eks:models:", "0 4 0 true", "0 4 0 true"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := recordIn(running(t), "test", mustParse(t, edited(t, test.old, test.new)))
			if err != nil {
				t.Fatal(err)
			}
			if a, b := scaling(t, r, "us-west-2a"), scaling(t, r, "us-west-2b"); a != test.a || b != test.b {
				t.Errorf("min, max, desired, left alone: %s and %s, want %s and %s", a, b, test.a, test.b)
			}
		})
	}
}

// TestAPreviewSaysWhichNodesAnUpdateReplaces checks the warnings about replaced nodes, and
// that other changes have no warning.
func TestAPreviewSaysWhichNodesAnUpdateReplaces(t *testing.T) {
	tests := []struct {
		name, old, new string
		change         func(*stacktest.Account)
		want           []string // parts of warnings
		silent         string   // no warning has this
	}{
		{name: "no change warns of nothing", old: "max: 4", new: "max: 4", silent: "replaces"},
		{name: "larger max warns of nothing", old: "max: 4}, {", new: "max: 6}, {", silent: "replaces"},
		{name: "new tag replaces nodes", old: "  vllm-eks:models:", new: "  vllm-eks:tags: {team: ml}\n  vllm-eks:models:",
			want: []string{"g5: replaces 3 nodes, one zone at a time (tags, disk or reservation); needs up to 2 more nodes, quota allows 93"}},
		{name: "another instance type creates node groups", old: "[g5.2xlarge]", new: "[g5.4xlarge]", want: []string{"g5: replaces its node groups with 3 nodes in us-west-2a, us-west-2b (instance types, capacity, image or subnets); needs up to 3 more nodes"}},
		{name: "removed group removes nodes", old: "{name: g5, instanceTypes: [g5.2xlarge], max: 4}, ", new: "{name: l40s, instanceTypes: [g6e.xlarge], max: 4}, ",
			want: []string{"g5: removes its 3 nodes in us-west-2a", "g5: removes its 0 nodes in us-west-2b"}},
		{name: "smaller max ends no node", old: "max: 4}, {", new: "max: 1}, {", want: []string{"nodeGroups[0].max: is 1, but 3 nodes run in us-west-2a; the bound stays 3"}},
		{name: "newer AMI is not installed", old: "max: 4", new: "max: 4", change: func(a *stacktest.Account) {
			for parameter := range a.Releases {
				a.Releases[parameter] = "1.35.9-20261101"
			}
		}, want: []string{"cluster.nodeRelease: AMI release 1.35.6-20260714 of g5, g6, system is older than 1.35.9-20261101"}, silent: "g5: replaces"},
		{name: "templates of an earlier release in tags replace nothing", old: "max: 4", new: "max: 4", change: func(a *stacktest.Account) {
			for parameter := range a.Releases {
				a.Releases[parameter] = "1.35.9-20261101"
			}
			groups := a.Clusters["vllm-eks-test"].Groups
			for name, g := range groups {
				g.Tags = map[string]string{"vllm-eks:template": g.Labels["vllm-eks/launch-template"]}
				g.Labels = nil
				groups[name] = g
			}
		}, silent: "g5: replaces"},
		{name: "latest AMI replaces nodes", old: "cluster: {", new: "cluster: {nodeRelease: latest, ", change: func(a *stacktest.Account) {
			for parameter := range a.Releases {
				a.Releases[parameter] = "1.35.9-20261101"
			}
		}, want: []string{"g5: replaces 3 nodes, one zone at a time (AMI 1.35.6-20260714 → 1.35.9-20261101); needs up to 2 more nodes"}},
		{name: "older add-on", old: "cluster: {", new: "cluster: {addons: {coredns: v1.13.2-eksbuild.1}, ",
			want: []string{"cluster.addons.coredns: is v1.13.2-eksbuild.1, and "}},
		{name: "pinned add-on", old: "cluster: {", new: "cluster: {pin: {addons: {coredns: v1.13.2-eksbuild.1}}, ",
			want: []string{"cluster.addons.coredns: is v1.13.2-eksbuild.1, and "}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			account := running(t)
			if test.change != nil {
				test.change(account)
			}
			text := edited(t, test.old, test.new)
			if test.name == "removed group removes nodes" {
				text = strings.Replace(text, "nodeGroup: g5", "nodeGroup: l40s", 1)
			}
			warnings := warningsIn(t, account, mustParse(t, text))
			for _, want := range test.want {
				if !slices.ContainsFunc(warnings, func(w string) bool { return strings.Contains(w, want) }) {
					t.Errorf("no warning has %q; there are\n%s", want, strings.Join(warnings, "\n"))
				}
			}
			if i := slices.IndexFunc(warnings, func(w string) bool { return test.silent != "" && strings.Contains(w, test.silent) }); i >= 0 {
				t.Errorf("unexpected: %s", warnings[i])
			}
		})
	}
}

// TestAnUpdateWithoutRoomForItsExtraNodesIsRefused checks that the quota counts the running
// nodes, and not the maximum.
func TestAnUpdateWithoutRoomForItsExtraNodesIsRefused(t *testing.T) {
	account := running(t)
	account.VCPUs["L-DB2E81BA"] = 32 + 32 // four nodes of each group
	newTag := edited(t, "  vllm-eks:models:", "  vllm-eks:tags: {team: ml}\n  vllm-eks:models:")
	if _, err := recordIn(account, "test", mustParse(t, newTag)); err != nil {
		t.Errorf("with room for five more: %v", err)
	}
	account.VCPUs["L-DB2E81BA"] = 32
	smaller := strings.Replace(newTag, "{name: g6, instanceTypes: [g6.2xlarge], max: 4}", "{name: g4, instanceTypes: [g4dn.xlarge], max: 4, min: 0}", 1)
	smaller = strings.Replace(smaller, ", {name: g4, instanceTypes: [g4dn.xlarge], max: 4, min: 0}", "", 1)
	_, err := recordIn(account, "test", mustParse(t, smaller))
	const want = "nodeGroups[0]: replaces 3 nodes, one zone at a time (tags, disk or reservation); needs up to 2 more nodes, quota allows 1; have the quota raised"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("with room for one more: %v, want %s", err, want)
	}
}

// TestAMIsAndAddonsThatEKSRefuses checks that the preview refuses versions of AMIs and
// add-ons that EKS refuses.
func TestAMIsAndAddonsThatEKSRefuses(t *testing.T) {
	for keys, want := range map[string]string{
		"nodeRelease: v1.35":                                     `cluster.nodeRelease: is "v1.35", want a release of the EKS AMI such as `,
		"nodeRelease: 1.34.9-20260714":                           "cluster.nodeRelease: is 1.34.9-20260714, a release for Kubernetes 1.34, and cluster.kubernetesVersion is 1.35",
		"nodeRelease: 1.35.2-20260304":                           "cluster.nodeRelease: is 1.35.2-20260304, and system has 1.35.6-20260714 in us-west-2a, which is newer; EKS does not go back",
		"pin: {nodeRelease: 1.35.2-20260304}":                    "cluster.pin.nodeRelease: is 1.35.2-20260304, and ",
		"addons: {core-dns: v1.13.2-eksbuild.1}":                 "cluster.addons.core-dns: is the version of an add-on that the cluster does not have (did you mean coredns?)",
		"addons: {coredns: v1.13.2}":                             `cluster.addons.coredns: is "v1.13.2", want a version of the EKS add-on such as `,
		"pin: {addons: {aws-efs-csi-driver: v3.4.0-eksbuild.1}}": "cluster.pin.addons.aws-efs-csi-driver: is the version of an add-on that the cluster does not have",
	} {
		_, err := recordIn(running(t), "test", mustParse(t, edited(t, "cluster: {", "cluster: {"+keys+", ")))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", keys, err, want)
		}
	}
}

// TestAnUnreadAddonIsNotDowngraded checks a running cluster, because the version in the
// table may be older than the running one.
func TestAnUnreadAddonIsNotDowngraded(t *testing.T) {
	account := running(t)
	for addon := range account.Addons {
		if strings.HasPrefix(addon, "coredns ") {
			delete(account.Addons, addon)
		}
	}
	const want = "cluster.addons.coredns: is missing, and the newest version cannot be read"
	if _, err := recordIn(account, "test", mustParse(t, onAWS)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := recordIn(account, "test", mustParse(t, edited(t, "cluster: {", "cluster: {addons: {coredns: v1.13.2-eksbuild.21}, "))); err != nil {
		t.Errorf("with a version named: %v", err)
	}
}

// TestAFailedNodeGroupDoesNotEndItsPredecessor checks the update after a replacement that
// EKS could not create.
func TestAFailedNodeGroupDoesNotEndItsPredecessor(t *testing.T) {
	account := running(t)
	groups := account.Clusters["vllm-eks-test"].Groups
	failed := groups["g5-us-west-2a-"+digitsOfEKS]
	failed.Status = "CREATE_FAILED"
	groups["g5-us-west-2a-20261130"+digitsOfEKS[8:]] = failed
	const want = "nodeGroups[0]: has the node group g5-us-west-2a-20261130"
	if _, err := recordIn(account, "test", mustParse(t, onAWS)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
