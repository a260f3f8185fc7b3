// Package gomodule finds files of Go modules that this project does not compile.
package gomodule

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Folder returns the folder of a module in Go's module cache, and downloads the module if it is
// missing there. It does not download what the module requires. module is NAME@VERSION, or a
// name whose version the go.mod in dir gives.
func Folder(ctx context.Context, dir, module string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var answer struct{ Dir, Error string }
	err = errors.Join(err, json.Unmarshal(out, &answer))
	if err == nil && answer.Dir == "" {
		err = errors.New("no folder")
	}
	if err != nil {
		return "", errors.Join(ctx.Err(), fmt.Errorf("go mod download %s: %w\n%s%s", module, err, answer.Error, stderr.String()))
	}
	return answer.Dir, nil
}
