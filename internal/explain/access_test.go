package explain

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// TestAccess holds that the comment names who loses access to the cluster, and which logs,
// metrics and parts of the cluster are lost.
func TestAccess(t *testing.T) {
	const cluster = "urn:pulumi:dev::vllm-eks::vllm-eks:cluster:Cluster::cluster"
	policy := func(name, scope string) map[string]any {
		return tree(t, `{"principalArn": "arn:aws:iam::1:role/a", "policyArn": "arn:aws:eks::aws:cluster-access-policy/%s", "accessScope": %s}`, name, scope)
	}
	const everywhere, inference = `{"type": "cluster"}`, `{"type": "namespace", "namespaces": ["inference"]}`
	entry := tree(t, `{"principalArn": "arn:aws:iam::1:role/a"}`)
	addresses := func(list string) map[string]any {
		return tree(t, `{"version": "1.35", "vpcConfig": {"publicAccessCidrs": [%s]}}`, list)
	}
	release := func(retention string) map[string]any {
		return tree(t, `{"name": "kps", "version": "1", "values": {"prometheus": {"prometheusSpec": {"retention": %q}}}}`, retention)
	}
	days := func(n int) map[string]any { return tree(t, `{"retentionInDays": %d}`, n) }
	step := func(op apitype.OpType, kind string, before, after map[string]any) []Step {
		return []Step{object(op, kind, "a", cluster, before, after)}
	}
	const changed = "change kps: changes its values; its own pods may restart, replicas of models keep running"
	tests := []struct {
		name  string
		steps []Step
		want  []string
	}{
		{"an entry less", slices.Concat(step(apitype.OpDelete, entryType, entry, nil), step(apitype.OpDelete, policyOf, policy("AmazonEKSEditPolicy", everywhere), nil)),
			[]string{"deletion cluster: takes the access to the cluster from `arn:aws:iam::1:role/a`"}},
		{"a policy less", step(apitype.OpDelete, policyOf, policy("AmazonEKSEditPolicy", inference), nil),
			[]string{"deletion cluster: takes `AmazonEKSEditPolicy` in `inference` from `arn:aws:iam::1:role/a`"}},
		{"fewer rights", step(apitype.OpReplace, policyOf, policy("AmazonEKSEditPolicy", everywhere), policy("AmazonEKSViewPolicy", everywhere)),
			[]string{"deletion cluster: gives `arn:aws:iam::1:role/a` `AmazonEKSViewPolicy` instead of `AmazonEKSEditPolicy`"}},
		{"fewer namespaces", step(apitype.OpReplace, policyOf, policy("AmazonEKSEditPolicy", everywhere), policy("AmazonEKSEditPolicy", inference)),
			[]string{"deletion cluster: gives `arn:aws:iam::1:role/a` `AmazonEKSEditPolicy` in `inference` instead of `AmazonEKSEditPolicy`"}},
		{"more rights", step(apitype.OpReplace, policyOf, policy("AmazonEKSViewPolicy", inference), policy("AmazonEKSAdminPolicy", everywhere)),
			[]string{"change cluster: gives `arn:aws:iam::1:role/a` `AmazonEKSAdminPolicy` instead of `AmazonEKSViewPolicy` in `inference`"}},
		{"other addresses", step(apitype.OpUpdate, clusterType, addresses(`"203.0.113.0/24", "192.0.2.0/24"`), addresses(`"192.0.2.0/23"`)),
			[]string{
				"deletion cluster: no longer admits `203.0.113.0/24` to the API server: kubectl and pulumi fail there. Safer: check that the runner of the next update has another address, or is in the network",
				"change cluster: admits `192.0.2.0/23` to the API server",
			}},
		{"no addresses", step(apitype.OpUpdate, clusterType, addresses(`"203.0.113.0/24"`), tree(t, `{"version": "1.35", "vpcConfig": {"endpointPublicAccess": false}}`)),
			[]string{"deletion cluster: no longer admits `203.0.113.0/24` to the API server: kubectl and pulumi fail there. Safer: check that the runner of the next update has another address, or is in the network"}},
		{"an add-on less", step(apitype.OpDelete, addonType, tree(t, `{"addonName": "aws-efs-csi-driver"}`), nil),
			[]string{"deletion aws-efs-csi-driver: would be DELETED: pods that need this add-on fail, or do not start"}},
		{"fewer days of logs", step(apitype.OpUpdate, logsType, days(365), days(30)), []string{"deletion loggroup a: keeps logs for 30 days instead of 365: DELETES older ones"}},
		{"days of logs instead of all", step(apitype.OpUpdate, logsType, days(0), days(30)), []string{"deletion loggroup a: keeps logs for 30 days instead of all: DELETES older ones"}},
		{"more days of logs", step(apitype.OpUpdate, logsType, days(30), days(365)), []string{"change cluster: updates LogGroup"}},
		{"fewer days of metrics", step(apitype.OpUpdate, releaseType, release("30d"), release("3d")), []string{"deletion kps: keeps metrics for 3 days instead of 30: DELETES older ones", changed}},
		{"more days of metrics", step(apitype.OpUpdate, releaseType, release("3d"), release("30d")), []string{changed}},
		{"rules", step(apitype.OpDelete, rulesType, nil, nil), []string{"deletion prometheusrule a: would be DELETED: the alerts of all models"}},
		{"no protection", []Step{{Op: apitype.OpSame, URN: cluster + "::a", Type: clusterType, Parent: cluster, Custom: true, Unprotected: true}, {Op: apitype.OpSame, URN: cluster + "::b", Type: "aws:iam/role:Role", Parent: cluster, Custom: true, Unprotected: true}},
			[]string{"change protection: ends for Cluster: a later update can delete them"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := lines(Explain(preview(nil, nil, append([]Step{box(apitype.OpSame, cluster)}, test.steps...)...))); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// TestProtectionInEvents holds that the protection of a resource is read from both forms of a
// preview.
func TestProtectionInEvents(t *testing.T) {
	for name, text := range map[string]string{
		"an event": `{"resourcePreEvent": {"metadata": {"op": "same", "urn": "urn:pulumi:a::b::aws:kms/key:Key::c", "type": "aws:kms/key:Key", "old": {"custom": true, "protect": true}, "new": {"custom": true}}}}
{"summaryEvent": {}}`,
		"a digest": `{"steps": [{"op": "same", "urn": "urn:pulumi:a::b::aws:kms/key:Key::c", "oldState": {"type": "aws:kms/key:Key", "custom": true, "protect": true}, "newState": {"type": "aws:kms/key:Key", "custom": true}}], "changeSummary": {}}`,
	} {
		p, err := Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := lines(Explain(p)), []string{"change protection: ends for Key: a later update can delete them"}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
