package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// showForwardedToken sends the first completion through a port-forward, because this machine
// may not reach the cluster's Services. It returns the text about the next steps.
func (e engine) showForwardedToken(ctx context.Context, p *progress, began time.Time) (string, error) {
	models, err := e.models(ctx)
	if err != nil {
		return "", err
	}
	m, err := firstModel(models)
	if err != nil {
		return "", err
	}
	key, err := e.apiKey(ctx, m)
	if err != nil {
		return "", err
	}
	address, end, err := e.forward(ctx, m)
	if err != nil {
		return "", err
	}
	defer end()
	if err := tellFirstToken(ctx, p, began, "http://"+address, key, m); err != nil {
		return "", err
	}
	return nextOwnSteps(e.options.layout, e.options.targetKubeconfig, e.context, m, key != ""), nil
}

// forward opens a port-forward to a model's Service on a free port of this machine.
func (e engine) forward(ctx context.Context, m model) (address string, end func(), err error) {
	cmd := e.kubectlCommand(ctx, "--namespace="+m.Namespace, "port-forward", "service/"+m.Service, fmt.Sprintf(":%d", m.Port))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	end = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}
	line, err := bufio.NewReader(stdout).ReadString('\n') // Forwarding from 127.0.0.1:PORT -> 8000
	address, _, found := strings.Cut(strings.TrimPrefix(line, "Forwarding from "), " ")
	if err != nil || !found {
		end()
		output := strings.TrimSpace(line + stderr.String())
		return "", nil, errors.Join(ctx.Err(), fmt.Errorf("kubectl port-forward: %s", output))
	}
	return address, end, nil
}

func nextOwnSteps(l layout.Layout, kubeconfig, context string, m model, hasKey bool) string {
	return fmt.Sprintf(`
  forward    kubectl --kubeconfig=%[1]s --context=%[2]s -n %[3]s port-forward svc/%[4]s %[5]d:%[5]d
             curl%[6]s http://localhost:%[5]d/v1/models
  shell      %[7]s
  try next   there, change the model in Pulumi.%[8]s.yaml, then: pulumi preview --diff --stack %[8]s
  secrets    there: pulumi config set --secret vllm-eks:huggingFaceToken --stack %[8]s
  remove     there: pulumi destroy --stack %[8]s
`, shellQuote(kubeconfig), shellQuote(context), m.Namespace, m.Service, m.Port, authorization(hasKey), ownShell(l), ownStack)
}

// authorization returns the arguments of curl for a replica with an API key.
func authorization(hasKey bool) string {
	if !hasKey {
		return ""
	}
	return " -H 'Authorization: Bearer …'"
}
