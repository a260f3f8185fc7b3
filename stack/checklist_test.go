package stack

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	"github.com/vllm-eks/vllm-eks/spec/checklist"
)

// inProduction is a stack that meets every item of the checklist.
const inProduction = `config:
  aws:region: us-west-2
  vllm-eks:network: {zones: [us-west-2a, us-west-2b], natGateways: perZone, interfaceEndpoints: perZone}
  vllm-eks:cluster:
    publicAccessCidrs: [203.0.113.0/24]
    access: [{principalArn: "arn:aws:iam::111122223333:role/deploy", policy: admin}]
    protect: true
  vllm-eks:systemNodes: {}
  vllm-eks:nodeGroups:
    - {name: g5, instanceTypes: [g5.2xlarge], max: 4}
    - {name: spare, instanceTypes: [g5.2xlarge], max: 4, capacity: spot}
  vllm-eks:monitoring: {replicas: 2, alertmanager: true}
  vllm-eks:limits: {maxUsdPerHour: 50}
  vllm-eks:models:
    - name: chat
      model: Qwen/Qwen3-8B
      revision: b968826d9c46dd6066d109eabc6255188de91218
      image: 111122223333.dkr.ecr.us-west-2.amazonaws.com/vllm@sha256:0f5e1b3c7d9a2b4c6d8e0f1a3b5c7d9e2f4a6b8c0d1e3f5a7b9c2d4e6f8a0b1c
      maxModelLen: 8192
      nodeGroup: [g5]
      replicas: {min: 2, max: 4}
      lifecycle: {hungSeconds: 300}
      objectives: {ttftMilliseconds: 1000}
      storage: {cache: {claim: weights}}
      ingress: {class: alb, host: chat.example.com, alb: {allowedCidrs: [10.0.0.0/8]}}
`

// onExisting is a stack on an existing cluster that meets every item.
const onExisting = `config:
  vllm-eks:cluster: {existing: {context: test}}
  vllm-eks:limits: {maxUsdPerHour: 50}
  vllm-eks:checklist: {production: true}
  vllm-eks:models:
    - {name: chat, model: s3://weights/qwen, shape: Qwen/Qwen3-8B, maxModelLen: 8192, image: "registry.example.com/vllm@sha256:0f5e1b3c7d9a2b4c6d8e0f1a3b5c7d9e2f4a6b8c0d1e3f5a7b9c2d4e6f8a0b1c",
       gpu: {type: A10G, count: 1}, replicas: {min: 2, max: 2}, lifecycle: {hungSeconds: 300}, objectives: {inputTokens: 500}}
`

// checklistLines returns the lines of a preview about the checklist, without their common
// beginning.
func checklistLines(t *testing.T, c stacktest.Config) []string {
	t.Helper()
	var lines []string
	for _, warning := range loadConfig(t, c).Size().Warnings() {
		if line, ok := strings.CutPrefix(warning, "checklist: "); ok {
			lines = append(lines, line)
		}
	}
	return lines
}

// replacing returns the text of a stack with other texts in it.
func replacing(t *testing.T, text string, oldnew ...string) string {
	t.Helper()
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(text, oldnew[i]) {
			t.Fatalf("the stack has no %q", oldnew[i])
		}
		text = strings.Replace(text, oldnew[i], oldnew[i+1], 1)
	}
	return text
}

// unmetItems holds for each item stacks that do not meet it, and meet all others.
var unmetItems = []struct {
	name, id string
	change   []string
	// line is the whole line where its wording is documented.
	line string
}{
	{name: "one replica", id: "two-replicas", change: []string{"min: 2", "min: 1"},
		line: "two-replicas (chat): fewer than two replicas can run; set replicas.min to 2 or more"},
	{name: "one zone", id: "several-zones", change: []string{"[g5.2xlarge], max: 4}", "[g5.2xlarge], max: 8, zones: [us-west-2a]}"}},
	{name: "spot alone", id: "on-demand", change: []string{"nodeGroup: [g5]", "nodeGroup: [spare]"}},
	{name: "no time for hung replicas", id: "hung-replicas", change: []string{"lifecycle: {hungSeconds: 300}", "lifecycle: {drainSeconds: 20}"}},
	{name: "default objectives", id: "objectives", change: []string{"      objectives: {ttftMilliseconds: 1000}\n", ""}},
	{name: "no revision", id: "pinned-weights", change: []string{"      revision: b968826d9c46dd6066d109eabc6255188de91218\n", ""}},
	{name: "branch", id: "pinned-weights", change: []string{"b968826d9c46dd6066d109eabc6255188de91218", "main"}},
	{name: "no cache", id: "stored-weights", change: []string{"      storage: {cache: {claim: weights}}\n", ""}},
	{name: "adapter of Hugging Face beside stored weights", id: "stored-weights", change: []string{"      revision: b968826d9c46dd6066d109eabc6255188de91218\n", "", "storage: {cache: {claim: weights}}", "storage: {weights: {claim: weights}}\n      lora: {adapters: [{name: sql, source: org/sql}]}"}},
	{name: "image of Docker Hub", id: "image-registry", change: []string{"111122223333.dkr.ecr.us-west-2.amazonaws.com/vllm@", "vllm/vllm-openai@"}},
	{name: "image of Docker Hub with its host", id: "image-registry", change: []string{"111122223333.dkr.ecr.us-west-2.amazonaws.com/vllm@", "docker.io/vllm/vllm-openai@"}},
	{name: "tag", id: "image-digest", change: []string{"@sha256:0f5e1b3c7d9a2b4c6d8e0f1a3b5c7d9e2f4a6b8c0d1e3f5a7b9c2d4e6f8a0b1c", ":v0.33.0"}},
	{name: "internal load balancer for everybody", id: "clients", change: []string{", alb: {allowedCidrs: [10.0.0.0/8]}", ""}},
	{name: "load balancer of a Service without a certificate", id: "tls", change: []string{"ingress: {class: alb, host: chat.example.com, alb: {allowedCidrs: [10.0.0.0/8]}}", "service: {type: LoadBalancer, allowedCidrs: [10.0.0.0/8]}\n      apiKey: {existingSecret: keys}"}},
	{name: "all traffic", id: "network-policy", change: []string{"      replicas", "      network: {unrestricted: true}\n      replicas"}},
	{name: "unprotected cluster", id: "protection", change: []string{"    protect: true\n", "", "  vllm-eks:systemNodes", "  vllm-eks:checklist: {production: true}\n  vllm-eks:systemNodes"},
		line: "protection: pulumi destroy deletes the cluster; set cluster.protect: true"},
	{name: "one NAT gateway", id: "zone-independence", change: []string{"natGateways: perZone", "natGateways: one"}},
	{name: "endpoints in one zone", id: "zone-independence", change: []string{"interfaceEndpoints: perZone", "interfaceEndpoints: one"}},
	{name: "no flow logs", id: "flow-logs", change: []string{"interfaceEndpoints: perZone", "interfaceEndpoints: perZone, flowLogDays: 0"}},
	{name: "fewer system nodes than zones", id: "system-nodes", change: []string{"systemNodes: {}", "systemNodes: {min: 1}"}},
	{name: "one replica of KEDA", id: "controllers", change: []string{"  vllm-eks:limits", "  vllm-eks:keda: {replicas: 1}\n  vllm-eks:limits"}},
	{name: "one load balancer controller", id: "controllers", change: []string{"  vllm-eks:limits", "  vllm-eks:ingressController: {replicas: 1}\n  vllm-eks:limits"}},
	{name: "one Prometheus", id: "prometheus-replicas", change: []string{"monitoring: {replicas: 2", "monitoring: {replicas: 1"}},
	{name: "no Alertmanager", id: "alerts", change: []string{", alertmanager: true", ""}},
	{name: "no cost limit", id: "cost-limit", change: []string{"  vllm-eks:limits: {maxUsdPerHour: 50}\n", ""}},
}

// TestEachItemIsChecked checks that a preview of each stack shows exactly one line, of the
// item that the stack does not meet, and none when the item is accepted.
func TestEachItemIsChecked(t *testing.T) {
	for name, stack := range map[string]string{"created": inProduction, "existing": onExisting} {
		if lines := checklistLines(t, mustParse(t, stack)); len(lines) > 0 {
			t.Fatalf("the stack on a cluster that is %s does not meet %q", name, lines)
		}
	}
	checked := map[string]bool{}
	for _, test := range unmetItems {
		t.Run(test.name, func(t *testing.T) {
			checked[test.id] = true
			stack := replacing(t, inProduction, test.change...)
			lines := checklistLines(t, mustParse(t, stack))
			if len(lines) != 1 || !strings.HasPrefix(lines[0], test.id) || test.line != "" && lines[0] != test.line {
				t.Errorf("the lines are %q, want one of %s %s", lines, test.id, test.line)
			}
			accepted := accepting(stack, test.id)
			if lines := checklistLines(t, mustParse(t, accepted)); len(lines) > 0 {
				t.Errorf("accepted, the lines are %q", lines)
			}
		})
	}
	for _, item := range checklist.Items() {
		if !checked[item.ID] {
			t.Errorf("no stack violates %s", item.ID)
		}
	}
}

// accepting returns the text of a stack that accepts entries.
func accepting(stack string, entries ...string) string {
	stack = strings.Replace(stack, "  vllm-eks:checklist: {production: true}\n", "", 1)
	return strings.Replace(stack, "config:\n", "config:\n  vllm-eks:checklist: {accept: ["+strings.Join(entries, ", ")+"]}\n", 1)
}

// TestItemsOfModels checks that a line names all models that do not meet an item, and that
// an item can be accepted for one of them.
func TestItemsOfModels(t *testing.T) {
	two := replacing(t, onExisting, "min: 2, max: 2", "min: 1, max: 1") + `
    - {name: code, model: s3://weights/code, shape: Qwen/Qwen3-8B, maxModelLen: 8192, image: "registry.example.com/vllm@sha256:0f5e1b3c7d9a2b4c6d8e0f1a3b5c7d9e2f4a6b8c0d1e3f5a7b9c2d4e6f8a0b1c",
       gpu: {type: A10G, count: 1}, replicas: {min: 1, max: 1}, lifecycle: {hungSeconds: 300}, objectives: {inputTokens: 500}}
`
	for _, test := range []struct {
		accept []string
		want   []string
	}{
		{nil, []string{"two-replicas (chat, code): fewer than two replicas can run; set replicas.min to 2 or more"}},
		{[]string{"two-replicas/chat"}, []string{"two-replicas (code): fewer than two replicas can run; set replicas.min to 2 or more"}},
		{[]string{"two-replicas/chat", "two-replicas/code"}, nil},
	} {
		stack := two
		if test.accept != nil {
			stack = accepting(two, test.accept...)
		}
		if got := checklistLines(t, mustParse(t, stack)); !slices.Equal(got, test.want) {
			t.Errorf("with %q accepted, the lines are %q, want %q", test.accept, got, test.want)
		}
	}
}

// TestProductionIsTheDefaultOfProtectedClusters checks which stacks are compared with the
// checklist.
func TestProductionIsTheDefaultOfProtectedClusters(t *testing.T) {
	bare := replacing(t, inProduction, "min: 2", "min: 1")
	tests := map[string]struct {
		stack string
		shown bool
	}{
		"protected cluster":              {bare, true},
		"other cluster":                  {replacing(t, bare, "    protect: true\n", ""), false},
		"protected, and not production":  {replacing(t, bare, "config:\n", "config:\n  vllm-eks:checklist: {production: false}\n"), false},
		"other cluster, and production":  {replacing(t, bare, "    protect: true\n", "", "config:\n", "config:\n  vllm-eks:checklist: {production: true}\n"), true},
		"other cluster, with deviations": {accepting(replacing(t, bare, "    protect: true\n", ""), "objectives"), true},
		"existing cluster":               {replacing(t, onExisting, "  vllm-eks:checklist: {production: true}\n", "", "min: 2, max: 2", "min: 1, max: 1"), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if lines := checklistLines(t, mustParse(t, test.stack)); len(lines) > 0 != test.shown {
				t.Errorf("the lines are %q", lines)
			}
		})
	}
}

// TestStacksOfTheTreeMeetTheChecklist checks that no stack of the tree shows a line, and
// that prod accepts nothing that it meets.
func TestStacksOfTheTreeMeetTheChecklist(t *testing.T) {
	for _, stack := range stacks {
		if lines := checklistLines(t, stackFile(t, stack)); len(lines) > 0 {
			t.Errorf("%s does not meet %q", stack, lines)
		}
	}
	text, err := os.ReadFile("../Pulumi.prod.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "    accept:\n")
	accepted := 0
	for line := range strings.SplitSeq(list, "\n") {
		entry, isEntry := strings.CutPrefix(line, "      - ")
		if !isEntry {
			break
		}
		accepted++
		id, _, _ := strings.Cut(entry, " #")
		without := strings.Replace(string(text), line+"\n", "", 1)
		if lines := checklistLines(t, mustParse(t, without)); len(lines) != 1 {
			t.Errorf("without %s in checklist.accept, the lines are %q", id, lines)
		}
	}
	if accepted == 0 {
		t.Error("Pulumi.prod.yaml accepts nothing; this test compares nothing")
	}
}

// TestChecklistNamesTestsThatExist checks that the page about the checklist names only
// tests of this repository.
func TestChecklistNamesTestsThatExist(t *testing.T) {
	declared := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "../local/e2e/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, found := range regexp.MustCompile(`(?m)^func (Test\w+)\(t `).FindAllStringSubmatch(readPage(t, file), -1) {
				declared[found[1]] = true
			}
		}
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(readPage(t, "../docs/checklist.md"), -1)
	if len(named) < 15 {
		t.Fatalf("the page names %d tests", len(named))
	}
	for _, name := range named {
		if !declared[name[1]] {
			t.Errorf("docs/checklist.md names %s, which does not exist", name[1])
		}
	}
}
