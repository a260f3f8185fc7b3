//go:build cluster

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/internal/commands"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
)

const (
	// commandsSpace and commandsModel are the namespace and the model of the commands. The queries
	// of runbooks name the model chat.
	commandsSpace, commandsModel = "e2e-commands", "chat"
	// priceOfNode is the price of a node with four GPUs, in USD an hour. The only replica has one
	// of them.
	priceOfNode = 7.2
)

// documented returns a stack that has every object of the model that a documented command reads.
func documented() string {
	return fmt.Sprintf(`config:
  vllm-eks:cluster: {existing: {context: vllm-eks-local}}
  vllm-eks:namespaces: [{name: %s}]
  vllm-eks:monitoring: {prometheusUrl: "http://kps-prometheus.monitoring.svc:9090", intervalSeconds: 5}
  vllm-eks:nodeGroups: [{name: one, instanceTypes: [g5.12xlarge], labels: {kubernetes.io/os: linux}, usdPerHour: %g}]
  vllm-eks:models:
    - name: %s
      model: mistralai/Mistral-7B-Instruct-v0.2
      servedModelName: chat
      maxModelLen: 4096
      image: localhost/vllmsim:v0.33.0
      gpu: {count: 1}
      resources: {cpu: 20m, memory: 128Mi, shmSize: 16Mi, disk: 64Mi}
      replicas: {min: 1, max: 2}
      scaling: {policy: load, targetLoad: 40}
      ingress: {class: nginx, host: chat.example.com, controllerNamespace: ingress-nginx, open: true}
      lifecycle: {loadSeconds: 6, provisionSeconds: 10, drainSeconds: 2, shutdownSeconds: %d}
      env: {VLLMSIM_LOAD_SECONDS: "1", VLLMSIM_GPU: A10G}
`, commandsSpace, priceOfNode, commandsModel, streamShutdown)
}

// notHere are commands that cannot run on the embedded cluster, with the reason. Other tests parse
// them: bash, and kubectl those of kubectl.
var notHere = []struct{ pattern, reason string }{
	{`(^|\()aws `, "there is no AWS account"},
	{`^helm `, "the cluster has no Helm release of a stack"},
	{` -n cluster-autoscaler `, "cluster-autoscaler needs AWS"},
	{` -n aws-load-balancer-controller `, "the controller needs AWS"},
	{` -n nvidia-device-plugin logs `, "the plugin of the simulated GPUs is no DaemonSet"},
	{` deployment/kps-grafana `, "Grafana is not on the cluster"},
	{` get certificates `, "cert-manager is not on the cluster"},
}

// answers are patterns of the output of commands whose exit code says nothing.
var answers = []struct{ command, output string }{
	{`^ask `, `"status":"success"`},
	{`localhost:\d+/health$`, `^200`},
	{`localhost:\d+/v1/models$`, `"id":"chat"`},
	{`localhost:\d+/api/v1/targets `, `chat-\S+\tup\t`},
}

// documentedCommands returns the commands of the page on troubleshooting and of the runbooks.
func documentedCommands(t *testing.T) []documentedCommand {
	t.Helper()
	docs := filepath.Join(checkout(t).Root, "docs")
	runbooks, err := filepath.Glob(filepath.Join(docs, "runbooks", "VLLM*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var list []documentedCommand
	for _, group := range [][]string{{filepath.Join(docs, "troubleshooting.md")}, append([]string{filepath.Join(docs, "runbooks", "README.md")}, runbooks...)} {
		var definitions []string
		for _, page := range group {
			var found []documentedCommand
			found, definitions = pageCommands(t, page, definitions)
			list = append(list, found...)
		}
	}
	return list
}

// reason returns why a command cannot run here; "" if it can.
func (c documentedCommand) reason() string {
	for _, n := range notHere {
		if regexp.MustCompile(n.pattern).MatchString(c.text) {
			return n.reason
		}
	}
	return ""
}

// destructive reports whether the command changes the cluster.
func (c documentedCommand) destructive() bool {
	return strings.Contains(c.text, commands.Changes) || strings.Contains(c.text, " delete ")
}

// executor executes commands of pages in a shell, with the values of a stack.
type executor struct {
	stack *stack
	// values are the lines that set the variables of the pages.
	values string
	// ports holds the local port of each port-forward, by the documented one.
	ports map[string]string
	// done holds the commands that were executed, with their values.
	done map[string]bool
}

// choose sets the values of the stack, with a replica that exists.
func (e *executor) choose(t *testing.T) {
	t.Helper()
	pods := replicaPods(t, commandsSpace)
	if len(pods) == 0 {
		t.Fatal("there is no replica")
	}
	node := kubectl(t, "--namespace="+commandsSpace, "get", "pod", pods[0], "--output=jsonpath={.spec.nodeName}")
	e.values = fmt.Sprintf("NS=%[1]s MODEL=%[2]s STACK=%[3]s POD=%[4]s KEY=any namespace=%[1]s service=%[2]s pod=%[4]s node=%[5]s", commandsSpace, commandsModel, stackName, pods[0], node)
}

// script returns the shell script that executes a command. The values of the stack replace those of
// the page, whose first definition sets them. grep may find nothing.
func (e *executor) script(c documentedCommand) string {
	lines := []string{"set -eo pipefail", `grep() { command grep "$@" || [ $? = 1 ]; }`}
	for i, line := range c.definitions {
		lines = append(lines, line)
		if i == 0 {
			lines = append(lines, e.values)
		}
	}
	script := strings.Join(append(lines, c.text), "\n")
	for documented, port := range e.ports {
		script = strings.ReplaceAll(script, "localhost:"+documented, "localhost:"+port)
	}
	return script
}

// execute executes a command once, and reports one that fails.
func (e *executor) execute(t *testing.T, c documentedCommand) {
	t.Helper()
	if c.language == commands.PromQL {
		if _, err := prometheusClient(t).Instant(t.Context(), c.text); err != nil {
			t.Errorf("%s: %s: %v", c.page, c.text, err)
		}
		return
	}
	script := e.script(c)
	if e.done[script] {
		return
	}
	e.done[script] = true
	if strings.Contains(c.text, " port-forward ") {
		e.forward(t, c, script)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := e.bash(ctx, script).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %s: %v\n%.2000s", c.page, c.text, err, out)
	}
	for _, a := range answers {
		if regexp.MustCompile(a.command).MatchString(c.text) && !regexp.MustCompile(a.output).Match(out) {
			t.Errorf("%s: %s: the output is %q, want %s", c.page, c.text, out, a.output)
		}
	}
}

// bash returns a shell in the folder of the stack, with its Pulumi backend.
func (e *executor) bash(ctx context.Context, script string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir, cmd.Env = e.stack.dir, append(os.Environ(), "PULUMI_BACKEND_URL=file://"+e.stack.backend())
	// Programs of a pipe end with the shell.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// portPattern matches the ports at the end of a port-forward.
var portPattern = regexp.MustCompile(`(?m) (?:(\d+):)?(\d+)(?: *#.*)?$`)

// forward starts a port-forward, which runs until the end of the test. kubectl chooses a free local
// port in place of the documented one.
func (e *executor) forward(t *testing.T, c documentedCommand, script string) {
	t.Helper()
	ports := portPattern.FindStringSubmatch(c.text)
	if ports == nil {
		t.Errorf("%s: %s: has no port", c.page, c.text)
		return
	}
	local := ports[2]
	if ports[1] != "" {
		local = ports[1]
	}
	if e.ports[local] != "" {
		return // runs already
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := e.bash(ctx, strings.Replace(script, c.text, portPattern.ReplaceAllString(c.text, " :"+ports[2]), 1))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n') // empty if kubectl ends
		lines <- line
	}()
	select {
	case line := <-lines:
		found := regexp.MustCompile(`127\.0\.0\.1:(\d+) -> `).FindStringSubmatch(line)
		if found == nil {
			t.Fatalf("%s: %s: kubectl says %q", c.page, c.text, line)
		}
		e.ports[local] = found[1]
	case <-time.After(time.Minute):
		t.Fatalf("%s: %s: kubectl says nothing", c.page, c.text)
	}
}

// TestDocumentedCommands executes every command of the runbooks and of the page on troubleshooting,
// while a model has load, and compares the model's measured cost with its GPU-hours and tokens.
// Commands that change the cluster are the last.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: the documented commands need it; install it", err)
		}
	}
	s := newStack(t, documented())
	s.up()
	awaitScaledObject(t, commandsSpace, commandsModel)
	restartContainer(t) // some commands read the log of a container that ended
	l := openLoad(t, serviceURLIn(t, commandsSpace, commandsModel), 8)
	e := &executor{stack: s, ports: map[string]string{}, done: map[string]bool{}}
	e.choose(t)
	list := documentedCommands(t)
	var last []documentedCommand
	absent := map[string][]string{}
	t.Run("every command that changes nothing", func(t *testing.T) {
		for _, c := range list {
			switch reason := c.reason(); {
			case reason != "":
				absent[reason] = append(absent[reason], c.page+": "+c.text)
			case c.destructive():
				last = append(last, c)
			default:
				e.execute(t, c)
			}
		}
	})
	executed := len(list) - len(last)
	for _, n := range notHere {
		found := absent[n.reason]
		executed -= len(found)
		t.Logf("%d commands are not executed, because %s:\n  %s", len(found), n.reason, strings.Join(found, "\n  "))
		if len(found) == 0 {
			t.Errorf("no command matches %q; remove the exception", n.pattern)
		}
	}
	t.Logf("%d commands were executed, and %d are the last", executed, len(last))
	if executed < 120 || len(last) < 2 {
		t.Errorf("%d commands were executed, and %d change the cluster; want those of every page", executed, len(last))
	}
	t.Run("the measured cost is that of GPU-hours and tokens", func(t *testing.T) { testCost(t, l) })
	t.Run("commands that change the cluster", func(t *testing.T) {
		for _, c := range last {
			e.choose(t) // the command before ended a replica
			e.execute(t, c)
		}
	})
}

// restartContainer ends the process of the replica once, and waits until it is ready again.
func restartContainer(t *testing.T) {
	t.Helper()
	pods := replicaPods(t, commandsSpace)
	if len(pods) != 1 {
		t.Fatalf("the replicas are %v, want one", pods)
	}
	ended := 0
	for _, p := range processes(t) {
		if filepath.Base(p.executable) == "vllmsim" && slices.Contains(p.environment, "HOSTNAME="+pods[0]) && syscall.Kill(p.pid, syscall.SIGKILL) == nil {
			ended++
		}
	}
	if ended == 0 {
		t.Fatalf("the process of %s is not found", pods[0])
	}
	await(t, "the container has restarted", 2*time.Minute, func() bool {
		status := kubectl(t, "--namespace="+commandsSpace, "get", "pod", pods[0], "--output=jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}")
		return status == "1 true"
	})
}

// prometheusClient returns a client of the cluster's Prometheus.
func prometheusClient(t *testing.T) prometheus.Client {
	t.Helper()
	return prometheus.Client{Address: "http://" + kubectl(t, "--namespace=monitoring", "get", "service", "kps-prometheus", "--output=jsonpath={.spec.clusterIP}") + ":9090"}
}
