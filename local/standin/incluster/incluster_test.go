package incluster

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
)

const server = "https://llm.us-west-2.eks.simulated.invalid"

type props = map[string]any

// account has these resources, by type and outputs.
func account(t *testing.T, resources ...props) Account {
	t.Helper()
	items := map[string]props{}
	for i, r := range resources {
		items[fmt.Sprint(i)] = r
	}
	text, err := json.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "account.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return Account(folder)
}

func addon(name string) props {
	return props{"Type": "aws:eks/addon:Addon", "ID": "llm:" + name, "Outputs": props{"clusterName": "llm", "addonName": name}}
}

func TestTheAPIServerRefusesBeforeTheAccessEntryIsInForce(t *testing.T) {
	cluster := props{"Type": "aws:eks/cluster:Cluster", "ID": "llm"}
	entry := func(role string) props {
		return props{"Type": "aws:eks/accessPolicyAssociation:AccessPolicyAssociation", "Outputs": props{
			"clusterName": "llm", "principalArn": "arn:aws:iam::" + awsdata.ID + ":role/" + role,
		}}
	}
	for name, test := range map[string]struct {
		account Account
		want    string
	}{
		"no account":          {"", ""},
		"no cluster":          {account(t), "no such host"},
		"no entry":            {account(t, cluster, addon("vpc-cni"), addon("kube-proxy"), addon("eks-pod-identity-agent")), "no access entry"},
		"another's entry":     {account(t, cluster, entry("other"), addon("vpc-cni"), addon("kube-proxy"), addon("eks-pod-identity-agent")), "no access entry"},
		"before the add-ons":  {account(t, cluster, entry("deploy"), addon("vpc-cni")), "not in force yet"},
		"after the add-ons":   {account(t, cluster, entry("deploy"), addon("vpc-cni"), addon("kube-proxy"), addon("eks-pod-identity-agent")), ""},
		"of another's server": {account(t, props{"Type": "aws:eks/cluster:Cluster", "ID": "other"}), "no such host"},
	} {
		err := test.account.Reach(server)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// TestAClusterOfTheUsersNeedsNoAccessEntry holds for one that is not in the account.
func TestAClusterOfTheUsersNeedsNoAccessEntry(t *testing.T) {
	if err := account(t).Reach("https://theirs.simulated.invalid"); err != nil {
		t.Error(err)
	}
}

// What a controller created stays when the controller goes first.
func TestItemsOfControllers(t *testing.T) {
	ingress := props{"spec": props{"ingressClassName": "alb"}}
	claim := props{"spec": props{"storageClassName": "gp3"}}
	monitoring := props{"chart": "kube-prometheus-stack", "values": props{"prometheus": props{"storageSpec": props{"volumeClaimTemplate": props{}}}}}
	controller := props{"chart": "aws-load-balancer-controller"}
	do := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	type deletion struct{ kind, namespace, name string }
	for name, test := range map[string]struct {
		driver    bool
		deletions []deletion
		left      string
	}{
		"nothing deleted": {true, nil, "[load balancer of a/web EBS volume of a/cache EBS volume of m/monitoring]"},
		"in order": {true, []deletion{{"Ingress", "a", "web"}, {"PersistentVolumeClaim", "a", "cache"}, {"Release", "m", "monitoring"}, {"Namespace", "", "m"},
			{"Release", "lb", "lb"}}, "[]"},
		"the controller first": {true, []deletion{{"Release", "lb", "lb"}, {"Ingress", "a", "web"}, {"Namespace", "", "a"}, {"Namespace", "", "m"}}, "[load balancer of a/web]"},
		"the driver first":     {false, []deletion{{"Ingress", "a", "web"}, {"PersistentVolumeClaim", "a", "cache"}, {"Namespace", "", "m"}}, "[EBS volume of a/cache EBS volume of m/monitoring]"},
		"the chart alone":      {true, []deletion{{"Ingress", "a", "web"}, {"Namespace", "", "a"}, {"Release", "m", "monitoring"}}, "[EBS volume of m/monitoring]"},
	} {
		t.Run(name, func(t *testing.T) {
			a := account(t)
			if test.driver {
				a = account(t, addon("aws-ebs-csi-driver"))
			}
			do(t, a.Created(server, "Release", "lb", "lb", controller))
			do(t, a.Created(server, "Ingress", "a", "web", ingress))
			do(t, a.Created(server, "Ingress", "a", "web", ingress)) // an update
			do(t, a.Created(server, "Ingress", "a", "nginx", props{"spec": props{"ingressClassName": "nginx"}}))
			do(t, a.Created(server, "PersistentVolumeClaim", "a", "cache", claim))
			do(t, a.Created(server, "PersistentVolumeClaim", "a", "shared", props{"spec": props{"storageClassName": "efs"}}))
			do(t, a.Created(server, "Release", "m", "monitoring", monitoring))
			for _, d := range test.deletions {
				do(t, a.Deleted(server, d.kind, d.namespace, d.name))
			}
			items, err := a.Items()
			if err != nil || fmt.Sprint(items) != test.left {
				t.Errorf("left are %v, %v, want %s", items, err, test.left)
			}
		})
	}
}
