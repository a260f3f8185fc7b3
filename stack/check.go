package stack

import "github.com/vllm-eks/vllm-eks/internal/render"

// Check reads a stack's file, Pulumi.<stack>.yaml, and the Pulumi.yaml beside it. It needs no
// credentials, no cluster and no Pulumi CLI: it is a check for pull requests from forks, and
// for tests. The error joins every problem that a preview without an account would report,
// each with its key. Check decrypts no secret, and does not search an existing cluster.
func Check(path string) error {
	_, err := render.Load(path)
	return err
}
