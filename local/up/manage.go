package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// engineSelector selects the objects of VLLMService.
const engineSelector = "--selector=app.kubernetes.io/part-of=vllm-eks"

// built reports whether the cluster's program is built.
func built(o options) bool {
	_, err := os.Stat(o.layout.Bin("kube"))
	return err == nil
}

// stop ends every process and keeps state and programs.
func stop(ctx context.Context, o options) error {
	if !built(o) {
		fmt.Println("Nothing is running.")
		return nil
	}
	if err := runKube(ctx, o, "stop"); err != nil {
		return err
	}
	fmt.Println("Stopped. `make up` starts it again in seconds; `make down` removes it.")
	return nil
}

// down removes the local environment, and prints what remains.
func down(ctx context.Context, o options) error {
	if err := refuseToForget(ctx, o); err != nil {
		return err
	}
	if built(o) {
		if err := runKube(ctx, o, "remove"); err != nil {
			return err
		}
	}
	installed, err := recordedPackages(o)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(o.layout.State()); err != nil {
		return err
	}
	fmt.Println("Removed: processes, pods, network, state and programs.")
	if installed = stillInstalled(ctx, installed); len(installed) > 0 {
		fmt.Printf("Left installed (Debian packages): %s\n", strings.Join(installed, " "))
	}
	fmt.Println("Not removed: Go's module and build caches (go clean -cache -modcache removes them).")
	return nil
}

// refuseToForget returns an error while the stack own has resources on the user's cluster.
// Without its state nobody could remove them.
func refuseToForget(ctx context.Context, o options) error {
	state := o.layout.Pulumi("state", ".pulumi", "stacks", "vllm-eks", ownStack+".json")
	if _, err := os.Stat(state); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	e := engine{options: o, stack: ownStack}
	out, err := e.pulumi(ctx, "stack", "export", "--stack="+ownStack).Output()
	if err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("pulumi stack export: %w", err))
	}
	var export struct {
		Deployment struct{ Resources []struct{ Type string } }
	}
	if err := json.Unmarshal(out, &export); err != nil {
		return fmt.Errorf("pulumi stack export: %w", err)
	}
	if len(export.Deployment.Resources) == 0 {
		return nil
	}
	return fmt.Errorf(`the stack %[1]s is deployed on your own cluster, and its state is in .local; remove it first:
  %[2]s
  pulumi destroy --stack %[1]s
or, if that cluster is gone: pulumi stack rm --force %[1]s`, ownStack, ownShell(o.layout))
}

// showStatus prints the cluster's programs and the deployed objects.
func showStatus(ctx context.Context, o options) error {
	if !built(o) {
		return errors.New("nothing is built or running here; start with: make up")
	}
	out, statusErr := kubeCommand(ctx, o, "status").CombinedOutput()
	fmt.Print(string(out))
	if statusErr != nil {
		return errors.New("not everything is running; start it with: make up")
	}
	pods, err := newEngine(o).kubectl(ctx, "get", "pods,services,horizontalpodautoscalers", "--all-namespaces", engineSelector, "--output=wide")
	if err != nil {
		return err
	}
	if pods == "" {
		pods = "no replicas are deployed; deploy them with: make up\n"
	}
	fmt.Printf("\n%s", pods)
	return nil
}

// showLogs prints the replicas' logs, or the log of one part of the cluster.
func showLogs(ctx context.Context, o options, part string) error {
	if !built(o) {
		return errors.New("nothing is built or running here; start with: make up")
	}
	if part == "" {
		return engineLogs(ctx, newEngine(o))
	}
	entries, err := os.ReadDir(o.layout.Kube("logs"))
	if err != nil {
		return err
	}
	var parts []string
	for _, entry := range entries {
		if name, isLog := strings.CutSuffix(entry.Name(), ".log"); isLog {
			parts = append(parts, name)
			if name == part {
				return printTail(o.layout.Log(name))
			}
		}
	}
	return fmt.Errorf("PART=%s: there is no such part; want one of: %s", part, strings.Join(parts, ", "))
}

// engineLogs prints the last lines of every replica's log. For a restarted replica it also
// prints the lines before the restart.
func engineLogs(ctx context.Context, e engine) error {
	pods, err := e.kubectl(ctx, "get", "pods", "--all-namespaces", engineSelector,
		`--output=jsonpath={range .items[*]}{.metadata.namespace} {.metadata.name} {.status.containerStatuses[0].restartCount}{"\n"}{end}`)
	if err != nil {
		return err
	}
	for line := range strings.Lines(pods) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue // not started yet
		}
		if fields[2] != "0" {
			before, err := e.kubectl(ctx, "logs", "--namespace="+fields[0], fields[1], "--previous", "--tail=30")
			fmt.Printf("==> %s/%s, before its last restart\n%s", fields[0], fields[1], before)
			if err != nil {
				fmt.Println(err) // the runtime may have removed that log; the current one follows
			}
		}
		logs, err := e.kubectl(ctx, "logs", "--namespace="+fields[0], fields[1], "--tail=100")
		if err != nil {
			return err
		}
		fmt.Printf("==> %s/%s\n%s", fields[0], fields[1], logs)
	}
	return nil
}

// printTail prints the end of a log.
func printTail(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	const tail = 32 << 10
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() > tail {
		if _, err := file.Seek(-tail, io.SeekEnd); err != nil {
			return err
		}
	}
	_, err = io.Copy(os.Stdout, file)
	return err
}
