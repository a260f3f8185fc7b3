package scaffold

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// goModule is the beginning of the template's go.mod. Its name is fixed, so that tools can
// read the file: nothing imports the module of a project.
const goModule = `module stacks

go %s

tool %[2]s/cmd/explain

require %[2]s %[3]s

replace %[2]s => %[4]s
`

// Module returns go.mod and go.sum of the template. The go command completes them from the
// repository in root, in a temporary folder. go.sum lacks the release itself, whose
// checksum exists only when it is published: pulumi new and pulumi install add it.
func Module(ctx context.Context, root string) (files map[string]string, err error) {
	release, err := Release(root)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	_, version, _ := strings.Cut(string(text), "\ngo ")
	version, _, _ = strings.Cut(version, "\n")
	folder, err := os.MkdirTemp("", "template")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	absolute, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return nil, err
	}
	written := map[string]string{"go.mod": fmt.Sprintf(goModule, version, module, release, absolute), "go.sum": string(sum)}
	for _, name := range []string{"main.go", "main_test.go"} {
		code, err := os.ReadFile(filepath.Join(root, Folder, name))
		if err != nil {
			return nil, err
		}
		written[name] = string(code)
	}
	for name, text := range written {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	for _, args := range [][]string{{"mod", "tidy"}, {"mod", "edit", "-dropreplace=" + module}} {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir, cmd.Env = folder, append(os.Environ(), "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	files = map[string]string{}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		files[name] = string(text)
	}
	return files, nil
}
