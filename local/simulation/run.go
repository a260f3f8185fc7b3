package simulation

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/vllm-eks/vllm-eks/local/orphan"
)

// Run is the result of one pulumi command.
type Run struct {
	Events []apitype.EngineEvent
	// Output is the command's output.
	Output string
	// Healthy counts the successful health checks of API servers by the EKS component.
	Healthy int64
}

// Options are the options of one command.
type Options struct {
	// Each is called with every event. Default: nil, no call.
	Each func(apitype.EngineEvent)
	// Environment is added to the simulation's environment.
	Environment []string
	// Kill ends the engine at once when the context ends. Default: an interrupt, after which
	// the engine finishes the steps in progress.
	Kill bool
}

// Init creates the stack if it does not exist.
func (s Stack) Init(ctx context.Context) error {
	state := filepath.Join(s.Folder, "state", ".pulumi", "stacks")
	found, err := filepath.Glob(filepath.Join(state, "*", s.Name+".json"))
	if err != nil || len(found) > 0 {
		return err
	}
	_, err = s.pulumi(ctx, "127.0.0.1:0", Options{}, "stack", "init", "--stack="+s.Name)
	return err
}

// Do runs preview, up, refresh or destroy. It ends the plugins that the engine leaves running.
func (s Stack) Do(ctx context.Context, o Options, command string, args ...string) (run Run, err error) {
	proxy, err := Listen()
	if err != nil {
		return Run{}, err
	}
	defer func() { err = errors.Join(err, proxy.Close(), sweep(proxy.Address)) }()
	log := filepath.Join(s.Folder, command+".events")
	if err := os.Remove(log); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Run{}, err
	}
	ended := make(chan struct{})
	followed := make(chan error, 1)
	go func() { followed <- follow(log, ended, &run.Events, o.Each) }()
	args = append([]string{command, "--stack=" + s.Name, "--event-log=" + log}, args...)
	run.Output, err = s.pulumi(ctx, proxy.Address, o, args...)
	run.Healthy = proxy.Healthy.Load()
	close(ended)
	return run, errors.Join(err, <-followed)
}

// Cancel unlocks the stack after an engine was killed.
func (s Stack) Cancel(ctx context.Context) (string, error) {
	return s.pulumi(ctx, "127.0.0.1:0", Options{}, "cancel", "--yes", "--stack="+s.Name)
}

// Export returns the stack's state, as pulumi stack export prints it: secrets are encrypted.
func (s Stack) Export(ctx context.Context) ([]byte, error) {
	out, err := s.pulumi(ctx, "127.0.0.1:0", Options{}, "stack", "export", "--stack="+s.Name)
	return []byte(out), err
}

// Import replaces the stack's state by an exported one.
func (s Stack) Import(ctx context.Context, state []byte) error {
	file := filepath.Join(s.Folder, "import.json")
	if err := os.WriteFile(file, state, 0o600); err != nil {
		return err
	}
	out, err := s.pulumi(ctx, "127.0.0.1:0", Options{}, "stack", "import", "--stack="+s.Name, "--file="+file)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return os.Remove(file)
}

// pulumi runs the CLI. When ctx ends, the CLI finishes the steps in progress.
func (s Stack) pulumi(ctx context.Context, proxy string, o Options, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.Layout.Bin("pulumi"), append(args, "--cwd="+s.Project(), "--non-interactive", "--color=never")...)
	cmd.Env = append(s.Environment(proxy), o.Environment...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // only this process receives the terminal's Ctrl-C
	orphan.Signal(cmd, syscall.SIGINT)
	cmd.Cancel = func() error {
		if o.Kill {
			return cmd.Process.Kill()
		}
		return cmd.Process.Signal(os.Interrupt)
	}
	cmd.WaitDelay = 30 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return out.String(), errors.Join(ctx.Err(), fmt.Errorf("pulumi %s: %w", args[0], err))
	}
	return out.String(), nil
}

// follow reads the engine's events until the engine has ended.
func follow(path string, ended <-chan struct{}, events *[]apitype.EngineEvent, each func(apitype.EngineEvent)) error {
	var file *os.File
	var reader *bufio.Reader
	defer func() {
		if file != nil {
			_ = file.Close() // opened for reading
		}
	}()
	partial := ""
	for finished := false; ; {
		if file == nil {
			if opened, err := os.Open(path); err == nil {
				file, reader = opened, bufio.NewReader(opened)
			}
		}
		for reader != nil {
			line, err := reader.ReadString('\n')
			partial += line
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			var event apitype.EngineEvent
			if err := json.Unmarshal([]byte(partial), &event); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			partial = ""
			*events = append(*events, event)
			if each != nil {
				each(event)
			}
		}
		if finished {
			return nil
		}
		select {
		case <-ended:
			finished = true
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// ReadEvents returns the events of a command that has ended, from its file of --event-log.
func ReadEvents(path string) (Run, error) {
	var run Run
	ended := make(chan struct{})
	close(ended)
	err := follow(path, ended, &run.Events, nil)
	return run, err
}

// proxyVariable holds the address of the proxy, which identifies the processes of one command.
const proxyVariable = "VLLM_EKS_SIMULATED_PROXY"

// processes returns the processes of a command, which have its proxy in their environment. Only
// Linux shows that.
func processes(proxy string) []int {
	var found []int
	environments, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is valid
	for _, file := range environments {
		text, err := os.ReadFile(file)
		if err != nil || !slices.Contains(strings.Split(string(text), "\x00"), proxyVariable+"="+proxy) {
			continue // another user's process, or ended
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && pid != os.Getpid() {
			found = append(found, pid)
		}
	}
	return found
}

// sweep ends the plugins that a killed engine left running.
func sweep(proxy string) error {
	deadline := time.Now().Add(3 * time.Second)
	for time.Now().Before(deadline) {
		if len(processes(proxy)) == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, pid := range processes(proxy) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}
