package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/local/image"
)

const ownStack = "own"

// upOwnCluster deploys to a cluster of the user's. It installs and starts nothing on this
// machine.
func upOwnCluster(ctx context.Context, o options) error {
	began := started()
	kubeconfig, err := filepath.Abs(o.targetKubeconfig)
	if err != nil {
		return err
	}
	if _, err := os.Stat(kubeconfig); err != nil {
		return fmt.Errorf("TARGET_KUBECONFIG: %w; give the path of a kubeconfig file", err)
	}
	o.targetKubeconfig = kubeconfig
	e := findEngine(ctx, o)
	if err := e.needKubectl(); err != nil {
		return err
	}
	t, err := e.findTarget(ctx)
	if err != nil {
		return err
	}
	e.context = t.context
	questionTime := time.Now()
	if err := o.confirm(ctx, t, os.Stdin); err != nil {
		return err
	}
	began = began.Add(time.Since(questionTime))
	if err := e.prepare(); err != nil {
		return err
	}
	e.printNotes()
	var next string
	if err := runPlan(ctx, "The real Pulumi engine deploys to your own cluster.", ownSteps(e, t, began, &next)); err != nil {
		return err
	}
	fmt.Print(next)
	return nil
}

// ownSteps returns the steps of the plan. The last step sets next to the text about the next
// steps.
func ownSteps(e engine, t target, began time.Time, next *string) []step {
	o := e.options
	programs := e.programs
	engineOfNodes := simulatorProgram.forPlatform(t.platform)
	if o.simulatorImage != "" {
		programs = append(programs, engineOfNodes)
	}
	steps := buildSteps(o, programs)
	if o.simulatorImage != "" {
		steps = append(steps, step{name: "push the simulator", cost: 5, serial: true, do: func(ctx context.Context, p *progress) error {
			contents := simulatorContents(engineOfNodes.path(o.layout), t.platform)
			if lack := noBash(contents, t.platform); lack != "" {
				p.note("%s", lack)
			}
			return image.Push(ctx, o.simulatorImage, contents, t.platform.arch)
		}})
	}
	return append(steps,
		step{name: "pulumi up", cost: 60, serial: true, do: func(ctx context.Context, p *progress) error {
			e.announceStandIns(p)
			p.pause()
			return e.deployOwn(ctx, t)
		}},
		step{name: "first token", cost: 5, serial: true, do: func(ctx context.Context, p *progress) error {
			var err error
			*next, err = e.showForwardedToken(ctx, p, began)
			return err
		}},
	)
}

func (e engine) needKubectl() error {
	if _, err := os.Stat(e.options.layout.Bin("kubectl")); err == nil {
		return nil
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if isProgram(filepath.Join(dir, "kubectl")) {
			return nil
		}
	}
	return errors.New("TARGET_KUBECONFIG: kubectl is not on PATH; install it")
}

// deployOwn deploys the stack own. The first run creates its configuration from
// Pulumi.local.yaml; later runs do not change the file, which is the user's.
func (e engine) deployOwn(ctx context.Context, t target) error {
	if err := e.preparePassphrase(); err != nil {
		return err
	}
	if !t.configured {
		if err := e.writeOwnConfig(t.context); err != nil {
			return err
		}
	}
	if t.newToken {
		if err := e.selectStack(ctx); err != nil {
			return err
		}
		cmd := e.pulumi(ctx, "config", "set", "--secret", "vllm-eks:huggingFaceToken", "--stack="+e.stack)
		cmd.Stdin = strings.NewReader(os.Getenv("HF_TOKEN")) // other users could read a command line
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("pulumi config set --secret vllm-eks:huggingFaceToken: %w\n%s", err, out)
		}
	}
	return e.deploy(ctx)
}
