//go:build cluster

package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/simulation"
)

// incidentsModel is the name of the model of the page about incidents.
const incidentsModel = "chat"

// incidentStack returns a stack with a model that KEDA scales.
func incidentStack(namespace string, replicas string) string {
	return fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:monitoring: {prometheusUrl: "http://kps-prometheus.monitoring.svc:9090", intervalSeconds: 5, dashboards: false}
  vllm-eks:defaults:
    image: localhost/vllmsim:v0.33.0
    gpu: {type: A10G, count: 1}
    resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
    lifecycle: {loadSeconds: 6, provisionSeconds: 60, drainSeconds: 2, shutdownSeconds: 10}
    env: {VLLMSIM_LOAD_SECONDS: "1", VLLMSIM_GPU: A10G}
  vllm-eks:models:
    - {name: %s, model: mistralai/Mistral-7B-Instruct-v0.2, servedModelName: chat, maxModelLen: 4096, replicas: %s}
`, namespace, incidentsModel, replicas)
}

// incidents executes the commands of docs/incidents.md on a stack.
type incidents struct {
	*executor

	t         *testing.T
	namespace string
	commands  []documentedCommand
	// executed holds the executed commands.
	executed *sync.Map
}

// nodeCommands matches the commands that TestMoveOffNode executes. TestIncidents executes the
// others, except those of Git.
var nodeCommands = regexp.MustCompile(`^kubectl (cordon|drain|uncordon)|rollout restart|--timeout=20m`)

// expectExecuted fails if a command of the page has not been executed: one that nodeCommands
// matches, or one of the others.
func (p *incidents) expectExecuted(node bool) {
	p.t.Helper()
	expected := 0
	for _, c := range p.commands {
		if nodeCommands.MatchString(c.text) != node || strings.HasPrefix(c.text, "git ") {
			continue
		}
		expected++
		if _, done := p.executed.Load(c.text); !done {
			p.t.Errorf("%s: %s: has not been executed", c.page, c.text)
		}
	}
	if expected < 5 {
		p.t.Errorf("the page has %d commands", expected)
	}
}

// newIncidents deploys a stack, and reads the page.
func newIncidents(t *testing.T, namespace, config string) *incidents {
	t.Helper()
	s := newStack(t, config)
	s.up()
	p := &incidents{executor: &executor{stack: s}, t: t, namespace: namespace, executed: &sync.Map{}}
	p.values = fmt.Sprintf("NS=%s MODEL=%s STACK=%s NODE=%s", namespace, incidentsModel, stackName, layout.NodeName)
	p.commands, _ = pageCommands(t, filepath.Join(s.layout.Root, "docs", "incidents.md"), nil)
	return p
}

// try executes the command of the page that has a part, and returns its output.
func (p *incidents) try(part string) (string, error) {
	p.t.Helper()
	for _, c := range p.commands {
		if !strings.Contains(c.text, part) {
			continue
		}
		p.executed.Store(c.text, true)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), 3*time.Minute)
		defer cancel()
		out, err := p.bash(ctx, p.script(c)).CombinedOutput()
		p.t.Logf("$ %s: %v\n%.1500s", c.text, err, out)
		return string(out), err
	}
	p.t.Fatalf("the page has no command with %q", part)
	return "", nil
}

// run executes a command of the page that must succeed.
func (p *incidents) run(part string) string {
	p.t.Helper()
	out, err := p.try(part)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, out)
	}
	return out
}

// kubectl runs a command in the namespace.
func (p *incidents) kubectl(args ...string) string {
	p.t.Helper()
	return kubectl(p.t, append([]string{"--namespace=" + p.namespace}, args...)...)
}

// expectPreview compares the changes of a plain preview.
func (p *incidents) expectPreview(want ...string) {
	p.t.Helper()
	if got := sortedKeys(p.stack.preview()); !slices.Equal(got, want) {
		p.t.Errorf("the preview has %q, want %q", got, want)
	}
}

// expectRefreshed compares the changes of a preview with a refresh. What the refresh found is
// not one of them.
func (p *incidents) expectRefreshed(want ...string) {
	p.t.Helper()
	// During a rollout, the refresh finds an unfinished Deployment, and the preview updates it.
	for deployment := range strings.FieldsSeq(p.kubectl("get", "deployments", "--output=name")) {
		p.kubectl("rollout", "status", deployment, "--timeout=1m")
	}
	log := filepath.Join(p.t.TempDir(), "events")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := p.stack.command(ctx, "preview", "--refresh", "--event-log="+log, "--stack="+stackName)
	cmd.Env = append(cmd.Env, "PULUMI_DEBUG_COMMANDS=true") // for --event-log
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("%v\n%s", err, out)
	}
	run, err := simulation.ReadEvents(log)
	if err != nil {
		p.t.Fatal(err)
	}
	var got []string
	for _, step := range run.Steps() {
		if !slices.Contains([]string{"same", "read", "refresh"}, step.Op) {
			got = append(got, step.Op+" "+step.Type[strings.LastIndex(step.Type, ":")+1:]+" "+step.Name())
		}
	}
	if slices.Sort(got); len(run.Steps()) < 10 || !slices.Equal(got, want) {
		p.t.Errorf("the preview of %d resources with a refresh has %q, want %q", len(run.Steps()), got, want)
	}
}

// expectConflict expects that the page's preview with a refresh names a field and who changed it.
func (p *incidents) expectConflict(manager, field string) {
	p.t.Helper()
	out, err := p.try("pulumi preview --diff --refresh")
	for _, want := range []string{"Server-Side Apply field conflict detected", `conflict with "` + manager + `"`, field} {
		if err == nil || !strings.Contains(out, want) {
			p.t.Errorf("the preview with a refresh: %v, want %s", err, want)
		}
	}
}

func sortedKeys[V any](values map[string]V) []string {
	var names []string
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// replaceKey changes the stack's file.
func (p *incidents) replaceKey(config, old, replacement string) string {
	p.t.Helper()
	if !strings.Contains(config, old) {
		p.t.Fatalf("the stack has no %q", old)
	}
	changed := strings.Replace(config, old, replacement, 1)
	p.stack.configure(changed)
	return changed
}

func (p *incidents) scaledObject(path string) string {
	p.t.Helper()
	return p.kubectl("get", "scaledobject", incidentsModel, "--output=jsonpath={"+path+"}")
}

func (p *incidents) replicas() string {
	p.t.Helper()
	return p.kubectl("get", "deployment", incidentsModel, "--output=jsonpath={.spec.replicas}")
}

func (p *incidents) arguments() string {
	p.t.Helper()
	return p.kubectl("get", "deployment", incidentsModel, "--output=jsonpath={.spec.template.spec.containers[0].args}")
}

// TestIncidents runs the commands of docs/incidents.md, and compares what the next preview and
// update do with each change by hand.
func TestIncidents(t *testing.T) {
	t.Parallel()
	const namespace = "e2e-incidents"
	config := incidentStack(namespace, "{min: 1, max: 3}")
	p := newIncidents(t, namespace, config)
	awaitScaledObject(t, namespace, incidentsModel)
	for _, test := range []struct {
		name string
		do   func(*incidents, string)
	}{
		{"scaling is frozen", testFreeze},
		{"scaling is raised", testRaise},
		{"a model is rolled back", testRollback},
		{"an update is killed", testCancel},
		{"objects created by hand", testCreatedByHand},
		{"changes by hand", testChangesByHand},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.t = t
			p.stack.configure(config)
			p.stack.pulumi("up", "--yes", "--skip-preview", "--refresh", "--stack="+stackName)
			test.do(p, config)
		})
	}
	p.t = t
	p.expectExecuted(false)
}

func testFreeze(p *incidents, config string) {
	p.run("keda.sh/paused=true")
	await(p.t, "KEDA pauses", 30*time.Second, func() bool {
		return strings.Contains(p.run("get scaledobject"), "True") && p.kubectl("get", "hpa") == "No resources found in "+p.namespace+" namespace.\n"
	})
	p.run("scale deployment")
	p.expectPreview()
	p.expectRefreshed()
	p.stack.up()
	if paused := p.scaledObject(".metadata.annotations"); !strings.Contains(paused, `"autoscaling.keda.sh/paused":"true"`) || p.replicas() != "2" {
		p.t.Errorf("after an update without a change, the annotations are %s, with %s replicas, want paused and 2", paused, p.replicas())
	}
	p.run("keda.sh/paused-   #")
	await(p.t, "KEDA scales", 30*time.Second, func() bool { return strings.Contains(p.kubectl("get", "hpa"), "keda-hpa-chat") })
	p.run("keda.sh/paused=true")
	p.replaceKey(config, "max: 3", "max: 4")
	p.expectPreview("update PrometheusRule vllm-eks-rules", "update ScaledObject chat")
	p.stack.up()
	if paused := p.scaledObject(".metadata.annotations"); strings.Contains(paused, "autoscaling.keda.sh/paused") {
		p.t.Errorf("after an update of the ScaledObject, the annotations are %s", paused)
	}
}

func testRaise(p *incidents, config string) {
	p.run("minReplicaCount")
	await(p.t, "the second replica", time.Minute, func() bool { return p.replicas() == "2" })
	p.expectPreview()
	p.expectConflict("kubectl-patch", ".spec.minReplicaCount")
	p.run("pulumi up --yes --refresh")
	if least := p.scaledObject(".spec.minReplicaCount"); least != "1" {
		p.t.Errorf("after an update with a refresh the least number is %s, want 1", least)
	}
	p.run("minReplicaCount")
	p.replaceKey(config, "min: 1", "min: 2")
	p.stack.up()
	if least := p.scaledObject(".spec.minReplicaCount"); least != "2" {
		p.t.Errorf("the least number is %s, want 2", least)
	}
	p.expectRefreshed()
}

func testRollback(p *incidents, config string) {
	bad := p.replaceKey(config, "maxModelLen: 4096", "maxModelLen: 2048")
	p.stack.up()
	p.run("rollout undo")
	p.run("rollout status \"deployment/$MODEL\" --timeout=10m")
	if args := p.arguments(); !strings.Contains(args, `"4096"`) {
		p.t.Errorf("after the rollback, the arguments are %s", args)
	}
	p.expectPreview()
	p.expectConflict("kubectl", "args")
	p.stack.up()
	if args := p.arguments(); !strings.Contains(args, `"4096"`) {
		p.t.Errorf("an update without a change has the arguments %s", args)
	}
	p.replaceKey(bad, "maxModelLen: 2048", "maxModelLen: 4096")
	p.expectRefreshed()
	before := replicaPods(p.t, p.namespace)
	p.run("pulumi up --yes --refresh")
	if after := replicaPods(p.t, p.namespace); !slices.Equal(before, after) {
		p.t.Errorf("the replicas were %v and are %v", before, after)
	}
	p.stack.configure(bad)
	p.stack.up()
	p.stack.configure(config)
	p.expectPreview("update Deployment chat")
	p.run("pulumi up --yes --stack")
	if args := p.arguments(); !strings.Contains(args, `"4096"`) {
		p.t.Errorf("after git revert, the arguments are %s", args)
	}
}

func testCancel(p *incidents, config string) {
	p.replaceKey(config, "maxModelLen: 4096", "maxModelLen: 2048")
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := p.stack.command(ctx, "up", "--yes", "--skip-preview", "--stack="+stackName)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	await(p.t, "the update of the Deployment", time.Minute, func() bool { return strings.Contains(p.arguments(), `"2048"`) })
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		p.t.Fatal("the update was not killed")
	}
	if out, err := p.stack.run(time.Minute, "up", "--yes", "--skip-preview", "--stack="+stackName); err == nil || !strings.Contains(out, "the stack is currently locked") {
		p.t.Errorf("an update of the locked stack: %v\n%s", err, out)
	}
	p.run("pulumi cancel")
	p.run("pulumi refresh --yes --clear")
	p.run("pulumi up --yes --stack")
	p.expectPreview()
	p.expectRefreshed()
}
