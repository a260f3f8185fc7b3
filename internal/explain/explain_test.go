package explain

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/internal/plans"
)

const (
	root  = "urn:pulumi:dev::vllm-eks::pulumi:pulumi:Stack::vllm-eks-dev"
	chat  = "urn:pulumi:dev::vllm-eks::vllm-eks:serving:VLLMService::chat"
	other = "urn:pulumi:dev::vllm-eks::vllm-eks:serving:VLLMService::other"
)

// tree decodes JSON, as inputs of resources are.
func tree(t *testing.T, format string, values ...any) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(fmt.Appendf(nil, format, values...), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// box returns the step of a component below the stack.
func box(op apitype.OpType, urn string) Step {
	kind := strings.Split(strings.TrimPrefix(urn, "urn:pulumi:dev::vllm-eks::"), "::")[0]
	return Step{Op: op, URN: urn, Type: kind, Parent: root}
}

// object returns the step of a resource below a component.
func object(op apitype.OpType, kind, name, parent string, before, after map[string]any) Step {
	return Step{Op: op, URN: "urn:pulumi:dev::vllm-eks::" + kind + "::" + name, Type: kind, Parent: parent, Custom: true, Old: before, New: after}
}

// deployment returns the inputs of a Deployment.
func deployment(t *testing.T, name, replicas string, surge int, args ...string) map[string]any {
	t.Helper()
	list, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	if replicas != "" {
		replicas = `"replicas": ` + replicas + ","
	}
	return tree(t, `{"metadata": {"name": %q, "namespace": "inference"}, "spec": {%s "strategy": {"rollingUpdate": {"maxSurge": %d}},
		"template": {"spec": {"containers": [{"image": "vllm:v1", "args": %s}]}}}}`, name, replicas, surge, list)
}

// record returns the record of a model with one GPU.
func record(low, high int) plans.Model {
	return plans.Model{Namespace: "inference", Deployment: "chat", ID: "org/model", Min: low, Max: high, GPUs: 1, Groups: []string{"g5"}, LoadSeconds: 420, ProvisionSeconds: 600}
}

// lines returns the consequences as text.
func lines(r Report) []string {
	var all []string
	for _, c := range r.Consequences {
		line := fmt.Sprintf("%s %s: %s", c.Kind, c.Subject, c.Text)
		if c.Needs != "" {
			line += "; needs " + c.Needs
		}
		if c.Safer != "" {
			line += ". Safer: " + c.Safer
		}
		all = append(all, line)
	}
	return all
}

// preview returns the preview of steps with one model before and after.
func preview(before, after *plans.Model, steps ...Step) Preview {
	models := func(m *plans.Model) map[string]plans.Model {
		if m == nil {
			return map[string]plans.Model{}
		}
		return map[string]plans.Model{"chat": *m}
	}
	return Preview{
		Stack: "dev", Steps: append([]Step{{Op: apitype.OpSame, URN: root, Type: stackType}}, steps...),
		Before: plans.Record{Models: models(before)}, After: &plans.Record{Models: models(after)},
	}
}

func TestModels(t *testing.T) {
	fixed, scaled, inPlace := record(2, 2), record(1, 4), record(1, 1)
	inPlace.InPlace, inPlace.Surge = true, "nodeGroups[].max: 2 in the node group g5"
	two := inPlace
	two.Min, two.Max = 2, 2
	update := func(before, after map[string]any) Step {
		return object(apitype.OpUpdate, deploymentType, "chat", chat, before, after)
	}
	same := box(apitype.OpSame, chat)
	args := func(length string) []string { return []string{"--model", "org/model", "--max-model-len", length} }
	tests := []struct {
		name          string
		before, after *plans.Model
		steps         []Step
		want          []string
	}{
		{"nothing", &fixed, &fixed, []Step{same, object(apitype.OpSame, deploymentType, "chat", chat, nil, nil)}, nil},
		{"a rollout", &fixed, &fixed, []Step{same, update(deployment(t, "chat", "2", 1, args("8192")...), deployment(t, "chat", "2", 1, args("4096")...))},
			[]string{"restart chat: restarts 2 replicas one after the other (`--max-model-len 8192 → 4096`): no outage, about 14 min, and 10 min more if a node must start; needs 1 free GPU in g5 meanwhile"}},
		{"a rollout of a scaled model", &scaled, &scaled, []Step{same, update(deployment(t, "chat", "", 1, args("8192")...), deployment(t, "chat", "", 1, append(args("8192"), "--enforce-eager")...))},
			[]string{"restart chat: restarts 1 to 4 replicas one after the other (`--enforce-eager`): no outage, about 7 min for each, and 10 min more if a node must start; needs 1 free GPU in g5 meanwhile"}},
		{"another model", &fixed, &fixed, []Step{same, update(deployment(t, "chat", "2", 1, "org/a", "--served-model-name", "org/a", "extra"), deployment(t, "chat", "2", 1, "org/b", "--served-model-name", "org/b", "extra"))},
			[]string{
				"deletion chat: no longer answers to the model name `org/a`: requests with it get 404; the new name is `org/b`. Safer: `servedModelName: org/a` keeps the name",
				"restart chat: restarts 2 replicas one after the other (`model org/a → org/b`, `--served-model-name org/a extra → org/b extra`): no outage, about 14 min, and 10 min more if a node must start; needs 1 free GPU in g5 meanwhile",
			}},
		{"in place", &inPlace, &inPlace, []Step{same, update(deployment(t, "chat", "1", 0, args("8192")...), deployment(t, "chat", "1", 0, args("8192")[:2]...))},
			[]string{"outage chat: restarts 1 replica in place (without `--max-model-len`): OUTAGE of about 7 min, no GPU is free for a replica beside the old one. Safer: merge this first, alone: nodeGroups[].max: 2 in the node group g5"}},
		{"two in place", &two, &two, []Step{same, update(deployment(t, "chat", "2", 0, args("1")...), deployment(t, "chat", "2", 0, args("2")...))},
			[]string{"restart chat: restarts 2 replicas in place, one after the other (`--max-model-len 1 → 2`): no outage, one replica fewer meanwhile, about 14 min. Safer: merge this first, alone: nodeGroups[].max: 2 in the node group g5"}},
		{"more replicas", &fixed, &fixed, []Step{same, update(deployment(t, "chat", "2", 1), deployment(t, "chat", "3", 1))}, []string{"change chat: starts 1 replica more; running ones stay"}},
		{"fewer replicas", &fixed, &fixed, []Step{same, update(deployment(t, "chat", "3", 1), deployment(t, "chat", "1", 1))}, []string{"change chat: stops 2 replicas; the others serve"}},
		{"a range instead of a number", &fixed, &scaled, []Step{same, update(deployment(t, "chat", "2", 1), deployment(t, "chat", "", 1))},
			[]string{"change chat: is scaled by load: its 2 replicas become one until the scaler acts. Safer: merge it while one replica can serve the load"}},
		{"a number instead of a range", &scaled, &fixed, []Step{same, update(deployment(t, "chat", "", 1), deployment(t, "chat", "2", 1))},
			[]string{"change chat: gets the fixed number of 2 replicas, which Kubernetes refuses while the scaler owns the number. Safer: in two steps: first `scaling.policy: external`, then the number"}},
		{"another range", &scaled, &fixed, []Step{same, object(apitype.OpUpdate, scaledType, "chat", chat, nil, nil), object(apitype.OpSame, deploymentType, "chat", chat, deployment(t, "chat", "", 1), deployment(t, "chat", "", 1))},
			[]string{"change chat: scales from 2 to 2 replicas instead of 1 to 4; running replicas within these bounds stay"}},
		{"other targets", &scaled, &scaled, []Step{same, object(apitype.OpUpdate, scaledType, "chat", chat, tree(t, `{"spec": {"triggers": [1]}}`), tree(t, `{"spec": {"triggers": [2]}}`)), object(apitype.OpSame, deploymentType, "chat", chat, deployment(t, "chat", "", 1), deployment(t, "chat", "", 1))},
			[]string{"change chat: scales by other targets; its replicas keep running"}},
		{"labels of the scaler", &scaled, &scaled, []Step{same, object(apitype.OpUpdate, scaledType, "chat", chat, tree(t, `{"metadata": {"labels": {"a": "b"}}, "spec": {}}`), tree(t, `{"metadata": {}, "spec": {}}`)), object(apitype.OpSame, deploymentType, "chat", chat, deployment(t, "chat", "", 1), deployment(t, "chat", "", 1))},
			[]string{"change chat: changes ScaledObject; its replicas keep running"}},
		{"new", nil, &scaled, []Step{box(apitype.OpCreate, chat), object(apitype.OpCreate, deploymentType, "chat", chat, nil, deployment(t, "chat", "", 1))},
			[]string{"creation chat: is created with 1 to 4 replicas on g5; its first answer comes after about 7 min on a running node, 17 min on a new one"}},
		{"deleted", &fixed, nil, []Step{box(apitype.OpDelete, chat), object(apitype.OpDelete, deploymentType, "chat", chat, deployment(t, "chat", "2", 1), nil)},
			[]string{"deletion chat: would be DELETED: its replicas stop, and its clients get errors. Safer: `replicas: {min: 0}` frees its GPUs without load, and keeps its address"}},
		{"an address more", &fixed, &fixed, []Step{same, object(apitype.OpCreate, serviceType, "@talk.inference", chat, nil, tree(t, `{"metadata": {"name": "talk", "namespace": "inference"}}`))},
			[]string{"creation chat: gets the address `talk.inference`"}},
		{"an address less", &fixed, &fixed, []Step{same, object(apitype.OpDelete, serviceType, "@talk.inference", chat, tree(t, `{"metadata": {"name": "talk", "namespace": "inference"}}`), nil)},
			[]string{"deletion chat: loses the address `talk.inference`: its clients get errors. Safer: keep the name in `previousNames`"}},
		{"its cache", &fixed, &fixed, []Step{same, object(apitype.OpDelete, claimType, "chat-cache", chat, nil, nil)},
			[]string{"deletion chat: DELETES the volume of its cache; the next start downloads the weights again"}},
		{"objects beside the replicas", &fixed, &fixed, []Step{same, object(apitype.OpUpdate, "kubernetes:policy/v1:PodDisruptionBudget", "chat", chat, nil, nil), object(apitype.OpUpdate, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "chat", chat, nil, nil)},
			[]string{"change chat: changes NetworkPolicy and PodDisruptionBudget; its replicas keep running"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := lines(Explain(preview(test.before, test.after, test.steps...))); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// TestReplacement holds that a Deployment that is deleted before its replacement is an outage.
func TestReplacement(t *testing.T) {
	m := record(1, 1)
	for _, first := range []bool{true, false} {
		s := object(apitype.OpReplace, deploymentType, "chat", chat, deployment(t, "chat", "1", 1), deployment(t, "chat", "1", 1))
		s.Keys, s.DeletedFirst = []string{"spec.selector"}, first
		r := Explain(preview(&m, &m, box(apitype.OpSame, chat), s))
		want := map[bool]string{
			true:  "outage chat: replaces its Deployment (spec.selector): OUTAGE until the new replicas have loaded",
			false: "replacement chat: replaces its Deployment (spec.selector): the old replicas stop after the new ones serve; needs 1 free GPU in g5 meanwhile, or the update fails",
		}[first]
		if got := lines(r); !slices.Equal(got, []string{want}) {
			t.Errorf("deleted first %v: %q, want %q", first, got, want)
		}
	}
}

// TestRename holds that a model that replaces another one with the same weights gets the advice
// that keeps the replicas.
func TestRename(t *testing.T) {
	old, renamed := record(1, 1), record(1, 1)
	renamed.Deployment = "other"
	p := preview(&old, nil,
		box(apitype.OpDelete, chat), object(apitype.OpDelete, deploymentType, "chat", chat, deployment(t, "chat", "1", 1), nil),
		box(apitype.OpCreate, other), object(apitype.OpCreate, deploymentType, "other", other, nil, deployment(t, "other", "1", 1)))
	p.After.Models["other"] = renamed
	want := []string{
		"deletion chat: would be DELETED: its replicas stop, and its clients get errors. Safer: if other replaces it: `previousNames: [chat]` on other keeps its replicas and its address",
		"creation other: is created with 1 replica on g5; its first answer comes after about 7 min on a running node, 17 min on a new one",
	}
	if got := lines(Explain(p)); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPlatform(t *testing.T) {
	below := func(kind, name string) string { return "urn:pulumi:dev::vllm-eks::" + kind + "::" + name }
	network, nodes := below("vllm-eks:network:Network", "network"), below(nodesType, "nodes")
	keda, spaces := below("vllm-eks:keda:KEDA", "keda"), below("vllm-eks:serving:Namespaces", "namespaces")
	group := func(op apitype.OpType, name string, before, after map[string]any) Step {
		s := object(op, groupType, name, nodes, before, after)
		s.OldOutputs = tree(t, `{"scalingConfig": {"desiredSize": 2}}`)
		return s
	}
	sizes := func(low, high int, release string) map[string]any {
		return tree(t, `{"scalingConfig": {"minSize": %d, "maxSize": %d}, "releaseVersion": %q}`, low, high, release)
	}
	tests := []struct {
		name     string
		warnings []string
		steps    []Step
		want     []string
	}{
		{"a VPC goes", nil, []Step{box(apitype.OpDelete, network), object(apitype.OpDelete, "aws:ec2/vpc:Vpc", "network", network, nil, nil)},
			[]string{"deletion vpc network: would be DELETED: the VPC with everything in it"}},
		{"a VPC is replaced", nil, []Step{box(apitype.OpSame, network), {Op: apitype.OpReplace, URN: below("aws:ec2/vpc:Vpc", "network"), Type: "aws:ec2/vpc:Vpc", Parent: network, Custom: true, Keys: []string{"cidrBlock"}}},
			[]string{"deletion vpc network: would be REPLACED, which deletes the VPC with everything in it (cidrBlock)"}},
		{"a namespace goes", nil, []Step{box(apitype.OpSame, spaces), object(apitype.OpDelete, namespaceType, "batch", spaces, tree(t, `{"metadata": {"name": "batch"}}`), nil)},
			[]string{"deletion namespace batch: would be DELETED: the namespace with everything in it"}},
		{"a chart", nil, []Step{box(apitype.OpSame, keda), object(apitype.OpUpdate, releaseType, "keda", keda, tree(t, `{"name": "keda", "version": "2.19.0"}`), tree(t, `{"name": "keda", "version": "2.20.2"}`))},
			[]string{"change keda: goes from chart `2.19.0` to `2.20.2`; its own pods restart, replicas of models keep running"}},
		{"a chart goes", nil, []Step{box(apitype.OpDelete, keda), object(apitype.OpDelete, releaseType, "keda", keda, tree(t, `{"name": "keda"}`), nil)},
			[]string{"deletion keda: would be UNINSTALLED with its data: models are no longer scaled by load, unless another KEDA runs"}},
		{"bounds", nil, []Step{box(apitype.OpSame, nodes), group(apitype.OpUpdate, "nodes-g5-us-west-2a", sizes(0, 1, "1"), sizes(1, 3, "1"))},
			[]string{"change g5: has 1 to 3 nodes instead of 0 to 1 nodes in us-west-2a; running nodes within these bounds stay"}},
		{"a release of nodes, without AWS", nil, []Step{box(apitype.OpSame, nodes), group(apitype.OpUpdate, "nodes-big-gpu-us-west-2a", sizes(0, 1, "1"), sizes(0, 1, "2")), group(apitype.OpUpdate, "nodes-big-gpu-us-gov-west-1b", sizes(0, 1, "1"), sizes(0, 1, "2"))},
			[]string{"replacement big-gpu: replaces its nodes in us-west-2a and us-gov-west-1b, one after the other: 4 ran at the last update"}},
		{"a release of nodes", []string{"g5: replaces 3 nodes, one zone at a time (AMI 1 → 2); needs up to 2 more nodes, quota allows 8"},
			[]Step{box(apitype.OpSame, nodes), group(apitype.OpUpdate, "nodes-g5-us-west-2a", sizes(0, 1, "1"), sizes(0, 1, "2"))},
			[]string{
				"outage chat: moves its replica if it runs on a node of g5: OUTAGE of about 7 min, or 17 min with a new node. Safer: `replicas: {min: 2}` first",
				"replacement g5: replaces 3 nodes, one zone at a time (AMI 1 → 2); needs up to 2 more nodes, quota allows 8",
			}},
		{"nothing but providers and reads", nil, []Step{
			object(apitype.OpUpdate, "pulumi:providers:aws", "aws", root, nil, nil), object(apitype.OpRead, namespaceType, "chat", root, nil, nil)}, nil},
		{"several resources", nil, []Step{box(apitype.OpSame, network), object(apitype.OpUpdate, "aws:ec2/route:Route", "a", network, nil, nil), object(apitype.OpUpdate, "aws:ec2/route:Route", "b", network, nil, nil), object(apitype.OpCreate, "aws:ec2/eip:Eip", "c", network, nil, nil)},
			[]string{"change network: updates 2 Route, creates Eip"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := record(1, 1)
			p := preview(&m, &m, test.steps...)
			for _, warning := range test.warnings {
				p.Messages = append(p.Messages, Message{"warning", "warning: " + warning})
			}
			r := Explain(p)
			if got := lines(r); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			if len(r.Warnings) > 0 {
				t.Errorf("the warnings %q are consequences already", r.Warnings)
			}
		})
	}
}

// TestRestarts holds which replicas restart, and why, when several things of a Deployment
// change at once.
func TestRestarts(t *testing.T) {
	one, two, moved, zero := record(1, 1), record(2, 2), record(1, 1), record(0, 4)
	moved.Groups = []string{"g6"}
	scaled, chosen := record(1, 3), record(1, 1)
	chosen.InPlace, chosen.Surge = true, "lifecycle.rollout: surge"
	with := func(m map[string]any, pod string) map[string]any {
		spec := m["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)
		for key, value := range tree(t, "%s", pod) {
			spec[key] = value
		}
		return m
	}
	args := []string{"org/model", "--max-model-len", "8192"}
	tests := []struct {
		name          string
		before, after plans.Model
		old, new      map[string]any
		want          []string
	}{
		{"in place, and one replica less", two, one, deployment(t, "chat", "2", 0, args...), deployment(t, "chat", "1", 0, args[:1]...), []string{
			"outage chat: restarts 1 replica in place (without `--max-model-len`): OUTAGE of about 7 min, no GPU is free for a replica beside the old one",
			"change chat: stops 1 replica",
		}},
		{"in place by choice", chosen, chosen, deployment(t, "chat", "1", 0, args...), deployment(t, "chat", "1", 0, args[:1]...), []string{
			"outage chat: restarts 1 replica in place (without `--max-model-len`): OUTAGE of about 7 min, as `lifecycle.rollout: inPlace` wants. Safer: merge this first, alone: lifecycle.rollout: surge",
		}},
		{"in place, and a range", two, scaled, deployment(t, "chat", "2", 0, args...), deployment(t, "chat", "", 0, args[:1]...), []string{
			"outage chat: restarts 1 to 2 replicas in place (without `--max-model-len`): OUTAGE of about 7 min, no GPU is free for a replica beside the old one; no outage while several replicas run",
			"change chat: is scaled by load: its 2 replicas become one until the scaler acts. Safer: merge it while one replica can serve the load",
		}},
		{"in place, on other nodes", one, moved, deployment(t, "chat", "1", 0), with(deployment(t, "chat", "1", 0), `{"nodeSelector": {"group": "g6"}}`), []string{
			"outage chat: restarts 1 replica in place (nodeSelector): OUTAGE of about 7 min, or 17 min with a new node, no GPU is free for a replica beside the old one",
		}},
		{"other fields of the pod", two, two, deployment(t, "chat", "2", 1), with(deployment(t, "chat", "2", 1), `{"priorityClassName": "high", "schedulerName": "volcano"}`), []string{
			"restart chat: restarts 2 replicas one after the other (priorityClassName, schedulerName): no outage, about 14 min, and 10 min more if a node must start; needs 1 free GPU in g5 meanwhile",
		}},
		{"another image", one, one, deployment(t, "chat", "1", 0), with(deployment(t, "chat", "1", 0), `{"containers": [{"image": "vllm:v2", "args": null}]}`), []string{
			"outage chat: restarts 1 replica in place (`vllm:v1 → vllm:v2`): OUTAGE of about 7 min, and the time to pull the image, no GPU is free for a replica beside the old one",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := object(apitype.OpUpdate, deploymentType, "chat", chat, test.old, test.new)
			if got := lines(Explain(preview(&test.before, &test.after, box(apitype.OpSame, chat), s))); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
	t.Run("to zero", func(t *testing.T) {
		got := lines(Explain(preview(&scaled, &zero, box(apitype.OpSame, chat), object(apitype.OpUpdate, scaledType, "chat", chat, nil, nil),
			object(apitype.OpSame, deploymentType, "chat", chat, deployment(t, "chat", "", 1), deployment(t, "chat", "", 1)))))
		want := []string{"outage chat: scales from 0 to 4 replicas instead of 1 to 3: without load it has none, and requests get errors until one has loaded, about 7 min, or 17 min with a new node"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
