package stack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// preferring returns onAWS with a group of spot capacity that its model prefers, and a
// group whose name has the same prefix.
func preferring(t *testing.T, oldNew ...string) string {
	t.Helper()
	return edited(t, append([]string{
		"{name: g6,", "{name: g5-spot, instanceTypes: [g5.2xlarge], max: 2, capacity: spot}, {name: g5-spot-b, instanceTypes: [g5.2xlarge], max: 1}, {name: g6,",
		"nodeGroup: g5}", "nodeGroup: [g5-spot, g5], replicas: {min: 1, max: 3}}"}, oldNew...)...)
}

// TestAListOfNodeGroupsAdmitsAllAndPrefersTheFirst checks the pod's affinity.
func TestAListOfNodeGroupsAdmitsAllAndPrefersTheFirst(t *testing.T) {
	for _, r := range mustRecord(t, "test", mustParse(t, preferring(t))).Resources() {
		if r.Type != "kubernetes:apps/v1:Deployment" {
			continue
		}
		pod := valueAt(r.Inputs, "spec", "template", "spec")
		required := valueAt(pod, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms", 0, "matchExpressions", 0)
		if got := fmt.Sprint(required); got != "map[key:vllm-eks/node-group operator:In values:[g5-spot g5]]" {
			t.Errorf("requires %s", got)
		}
		preferred := valueAt(pod, "affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
		if got := fmt.Sprint(preferred); got != "[map[preference:map[matchExpressions:[map[key:vllm-eks/node-group operator:In values:[g5-spot]]]] weight:100]]" {
			t.Errorf("prefers %s", got)
		}
		if selector := valueAt(pod, "nodeSelector", "vllm-eks/node-group"); selector != nil {
			t.Errorf("selects %v alone", selector)
		}
		return
	}
	t.Error("no Deployment is registered")
}

// expander returns the groups of the highest priority among those on which a pod fits, like
// cluster-autoscaler 1.35.2. The configuration is a YAML mapping from whole numbers to lists
// of regular expressions. A group has a priority if one of its expressions matches a part of
// the name. The expander drops groups without a priority, unless no group has one.
// https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.35.2/cluster-autoscaler/expander/priority/priority.go
func expander(t *testing.T, text string, fitting []string) []string {
	t.Helper()
	lists := map[int][]string{}
	if err := yaml.Unmarshal([]byte(text), &lists); err != nil || text == "" {
		t.Fatalf("the autoscaler refuses %q: %v", text, err)
	}
	highest, found := map[string]int{}, -1
	for priority, expressions := range lists {
		for _, expression := range expressions {
			compiled, err := regexp.Compile(expression)
			if err != nil {
				t.Fatal(err)
			}
			for _, group := range fitting {
				if now, has := highest[group]; compiled.MatchString(group) && (!has || priority > now) {
					highest[group] = priority
				}
			}
		}
	}
	for _, priority := range highest {
		found = max(found, priority)
	}
	best := slices.DeleteFunc(slices.Clone(fitting), func(group string) bool {
		priority, has := highest[group]
		return !has || priority != found
	})
	if len(best) == 0 {
		return fitting
	}
	return best
}

// scalingGroup returns the name that EKS gives an Auto Scaling group.
func scalingGroup(entry, zone string) string {
	return "eks-" + entry + "-" + zone + "-20261129013045678900000003-0ac1b2d3-4e5f-6071-8293-a4b5c6d7e8f9"
}

// renderedPriorities returns the text that the chart writes into the autoscaler's ConfigMap.
func renderedPriorities(t *testing.T) string {
	t.Helper()
	for _, r := range mustRecord(t, "test", mustParse(t, preferring(t))).Resources() {
		values, _ := r.Inputs["values"].(map[string]any)
		if r.Name != "autoscaler" || values == nil {
			continue
		}
		if got := valueAt(values, "extraArgs", "expander"); got != "priority,least-waste" {
			t.Errorf("the expander is %v", got)
		}
		text, err := yaml.Marshal(values["expanderPriorities"])
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	t.Fatal("no autoscaler is registered")
	return ""
}

// TestTheAutoscalerTakesGroupsInTheOrderOfTheLists checks the expander with groups whose
// names have the same prefix, and with groups that are in no list.
func TestTheAutoscalerTakesGroupsInTheOrderOfTheLists(t *testing.T) {
	text := renderedPriorities(t)
	group := func(names ...string) []string {
		var groups []string
		for _, name := range names {
			entry, zone, _ := strings.Cut(name, "/")
			groups = append(groups, scalingGroup(entry, "us-west-2"+zone))
		}
		return groups
	}
	for name, test := range map[string]struct{ fitting, want []string }{
		"both groups of a list are free":                  {group("g5/a", "g5-spot/a", "g5/b", "g5-spot/b"), group("g5-spot/a", "g5-spot/b")},
		"first group of a list has no capacity":           {group("g5/a", "g5/b"), group("g5/a", "g5/b")},
		"group with a similar name alone":                 {group("g5-spot-b/a"), group("g5-spot-b/a")},
		"group with a similar name beside a listed group": {group("g5-spot-b/a", "g5/a"), group("g5/a")},
		"unlisted groups":                                 {group("g6/a", "system/a"), group("g6/a", "system/a")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := expander(t, text, test.fitting); !slices.Equal(got, test.want) {
				t.Errorf("takes %q, want %q", got, test.want)
			}
		})
	}
}

// TestWithoutListsTheExpanderIsTheUsers checks that a stack without lists has no priorities.
func TestWithoutListsTheExpanderIsTheUsers(t *testing.T) {
	a := loadConfigIn(t, nil, mustParse(t, edited(t, "  vllm-eks:models", "  vllm-eks:autoscaler: {expander: most-pods}\n  vllm-eks:models"))).Platform.Autoscaler
	if len(a.Priorities) > 0 || a.Expander != "most-pods" {
		t.Errorf("the autoscaler has %+v", a)
	}
}

// TestAListCostsWhatItsMostExpensiveGroupCosts checks that replicas that can run on spot
// capacity count with the price of on-demand capacity.
func TestAListCostsWhatItsMostExpensiveGroupCosts(t *testing.T) {
	table := loadConfigIn(t, nil, mustParse(t, preferring(t))).Size().Table()
	for _, want := range []string{"g5-spot, g5", "≤ 1.21–3.64", "g5.2xlarge in g5 3.64"} {
		if !strings.Contains(table, want) {
			t.Errorf("the preview does not show %q:\n%s", want, table)
		}
	}
	config := mustParse(t, preferring(t, "max: 4}", "max: 1}"))
	if table := loadConfigIn(t, nil, config).Size().Table(); !strings.Contains(table, "g5.2xlarge in g5 2.42, g5.2xlarge in g5-spot ≤ 1.21") {
		t.Errorf("three replicas on a node on demand in each of two zones, and one of spare capacity, cost\n%s", table)
	}
}

// TestSpotLosesToOnDemandByItsName checks a model without a group: spot capacity with the
// same GPUs comes first, independent of the names of the groups.
func TestSpotLosesToOnDemandByItsName(t *testing.T) {
	const cluster = "config:\n  aws:region: us-west-2\n" +
		"  vllm-eks:network: {cidr: 10.0.0.0/16, zones: [us-west-2a, us-west-2b]}\n" +
		"  vllm-eks:cluster: {publicAccessCidrs: [203.0.113.0/24], access: [{principalArn: \"arn:aws:iam::111122223333:role/deploy\", policy: admin}]}\n"
	tests := map[string]struct{ groups, replicas, want, note string }{
		"spot of the same type":   {"{name: ondemand-l4, instanceTypes: [g6.xlarge], max: 4}, {name: spot-l4, instanceTypes: [g6.xlarge], max: 4, capacity: spot}", "1", "spot-l4", ""},
		"spot of a larger type":   {"{name: ondemand-l4, instanceTypes: [g6.xlarge], max: 4}, {name: spot-l4, instanceTypes: [g6.2xlarge], max: 4, capacity: spot}", "1", "spot-l4", "a runs on spot-l4, and not on ondemand-l4: spot capacity with the same GPUs comes first"},
		"spot with too few nodes": {"{name: ondemand-l4, instanceTypes: [g6.xlarge], max: 4}, {name: spot-l4, instanceTypes: [g6.xlarge], max: 1, capacity: spot}", "2", "ondemand-l4", "a runs on ondemand-l4, and not on spot-l4: max is 1, and all replicas need 2 nodes"},
		"GPU that is too small":   {"{name: t4, instanceTypes: [g4dn.xlarge], max: 4}, {name: l4, instanceTypes: [g6.xlarge], max: 4}", "1", "l4", "a runs on l4, and not on t4: does not fit: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := loadConfigIn(t, nil, mustParse(t, cluster+"  vllm-eks:nodeGroups: ["+test.groups+"]\n"+
				"  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 4096, resources: {memory: 8Gi}, replicas: {min: "+test.replicas+", max: "+test.replicas+"}}]"))
			table := cfg.Size().Table()
			if got := cfg.Models[0].NodeGroup.Name; got != test.want || !strings.Contains(table, test.note) || test.note == "" && strings.Contains(table, "not on") {
				t.Errorf("runs on %s, want %s; the preview shows\n%s\nwant %q", got, test.want, table, test.note)
			}
		})
	}
}

// TestIdleGPUsThatArePaidForAreSilent checks the warning about idle GPUs, and that it names
// a setting that uses them at the same price.
func TestIdleGPUsThatArePaidForAreSilent(t *testing.T) {
	tests := map[string]struct{ model, want string }{
		"idle GPUs for larger replicas": {"model: meta-llama/Llama-3.3-70B-Instruct, maxModelLen: 32768, gpu: {count: 4}", "a: 4 of 8 GPUs of p4de stay idle with all replicas; for the same price: a with gpu.count: 8 serves "},
		"no idle GPUs":                  {"model: meta-llama/Llama-3.3-70B-Instruct, maxModelLen: 32768, gpu: {count: 8}", ""},
		"idle GPUs for more replicas":   {"model: meta-llama/Llama-3.3-70B-Instruct, maxModelLen: 32768, gpu: {count: 4}, replicas: {min: 3, max: 3}", "a: 4 of 16 GPUs of p4de stay idle with all replicas; for the same price: a with replicas.max: 4"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			yaml := "config:\n" + validCluster + "  vllm-eks:nodeGroups: [{name: p4de, instanceTypes: [p4de.24xlarge]}]\n  vllm-eks:models: [{name: a, " + test.model + "}]"
			got := strings.Join(slices.DeleteFunc(warningsIn(t, nil, mustParse(t, yaml)), func(w string) bool { return !strings.Contains(w, "idle") }), "\n")
			if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
				t.Errorf("warns of %q, want %q", got, test.want)
			}
		})
	}
}

// TestAListOnAClusterOfTheUsers checks that a list on an existing cluster becomes an
// affinity, with a warning that the autoscaler of the cluster chooses the nodes.
func TestAListOnAClusterOfTheUsers(t *testing.T) {
	yaml := "config:\n" + validCluster + "  vllm-eks:nodeGroups: [{name: spot, instanceTypes: [g5.2xlarge], labels: {pool: spot}}, {name: g5, instanceTypes: [g5.2xlarge], labels: {team: ml}}]\n" +
		"  vllm-eks:models: [{name: a, model: Qwen/Qwen3-8B, maxModelLen: 8192, nodeGroup: [spot, g5]}]"
	if got := strings.Join(warningsIn(t, nil, mustParse(t, yaml)), "\n"); !strings.Contains(got, "a: the order of spot, g5 only applies to running nodes") {
		t.Errorf("warns of %q", got)
	}
	for _, r := range mustRecord(t, "test", mustParse(t, yaml)).Resources() {
		if r.Type != "kubernetes:apps/v1:Deployment" {
			continue
		}
		terms := valueAt(r.Inputs, "spec", "template", "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
		if got := fmt.Sprint(terms); got != "[map[matchExpressions:[map[key:pool operator:In values:[spot]]]] map[matchExpressions:[map[key:team operator:In values:[ml]]]]]" {
			t.Errorf("requires one of %s", got)
		}
	}
	same := strings.Replace(yaml, "labels: {team: ml}", "labels: {pool: spot}", 1)
	if _, err := record("test", mustParse(t, same)); err == nil || !strings.Contains(err.Error(), "models[0].nodeGroup: lists spot and g5, whose nodes have the same labels") {
		t.Errorf("groups that nobody can tell apart: %v", err)
	}
}
