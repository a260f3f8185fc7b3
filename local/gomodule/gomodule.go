// Package gomodule finds the files of Go modules of which nothing is compiled.
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

// Folder is where a module is unpacked in Go's cache, and is fetched to if it is
// not: this one alone, not what it requires. The version is that of module@version,
// or else the one that the go.mod in dir names.
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
