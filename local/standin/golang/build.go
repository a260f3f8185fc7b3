package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// options are the runtime options of Pulumi.yaml.
type options struct {
	// binary is the path of a built program. Then nothing is compiled.
	binary string
	// buildTarget is the path of the compiled program.
	buildTarget string
}

func readOptions(info *pulumirpc.ProgramInfo) (options, error) {
	var o options
	for key, value := range info.GetOptions().AsMap() {
		text, ok := value.(string)
		switch {
		case key == "binary" && ok:
			o.binary = text
		case key == "buildTarget" && ok:
			o.buildTarget = text
		case key == "binary", key == "buildTarget":
			return o, fmt.Errorf("runtime.options.%s: got %v, want a path", key, value)
		}
	}
	if o.binary != "" && o.buildTarget != "" {
		return o, errors.New("runtime.options: binary and buildTarget cannot be combined; remove one")
	}
	return o, nil
}

// program returns the path of the program, and builds it if necessary. The error holds the
// compiler's output.
func program(ctx context.Context, info *pulumirpc.ProgramInfo) (string, error) {
	opts, err := readOptions(info)
	if err != nil {
		return "", err
	}
	if opts.binary != "" {
		return existing(info, opts.binary)
	}
	source := sourceDirectory(info)
	target := opts.buildTarget
	if target == "" {
		if target, err = cachePath(source); err != nil {
			return "", err
		}
	} else if !filepath.IsAbs(target) {
		target = filepath.Join(info.GetProgramDirectory(), target)
	}
	return target, build(ctx, source, target)
}

// sourceDirectory returns the package to build. The entry point is usually "."; it may name a
// folder below the program.
func sourceDirectory(info *pulumirpc.ProgramInfo) string {
	path := filepath.Join(info.GetProgramDirectory(), info.GetEntryPoint())
	if stat, err := os.Stat(path); err == nil && !stat.IsDir() {
		return filepath.Dir(path)
	}
	return path
}

func existing(info *pulumirpc.ProgramInfo, binary string) (string, error) {
	for _, base := range []string{info.GetRootDirectory(), info.GetProgramDirectory()} {
		path := binary
		if !filepath.IsAbs(path) {
			path = filepath.Join(base, path)
		}
		if stat, err := os.Stat(path); err == nil && !stat.IsDir() {
			return path, nil
		}
	}
	if path, err := exec.LookPath(binary); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("runtime.options.binary: got %q, want a program in the project or on PATH", binary)
}

// cachePath returns one path per program, so that the linker has no work if nothing changed.
func cachePath(source string) (string, error) {
	base := os.Getenv("PULUMI_HOME")
	if base == "" {
		var err error
		if base, err = os.UserCacheDir(); err != nil {
			return "", fmt.Errorf("no folder for the built program: %w", err)
		}
	}
	sum := sha256.Sum256([]byte(source))
	dir := filepath.Join(base, "programs", hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return filepath.Join(dir, "program"), nil
}

// buildFlags holds the flags of this repository's other builds, which local/bootstrap explains,
// so that all share a cache. A version-control stamp would link every commit again.
var buildFlags = []string{
	"-trimpath", "-buildvcs=false",
	"-gcflags=all=-l -dwarf=false", "-gcflags=std=-dwarf=false", "-gcflags=github.com/vllm-eks/vllm-eks/...=-dwarf=false",
}

// build compiles a program without cgo and without paths of this machine.
func build(ctx context.Context, source, target string) error {
	tool, err := goTool()
	if err != nil {
		return err
	}
	compile := exec.CommandContext(ctx, tool, slices.Concat([]string{"build"}, buildFlags, []string{"-o", target, "."})...)
	compile.Dir = source
	compile.Env = append(os.Environ(), "CGO_ENABLED=0")
	var output bytes.Buffer
	compile.Stdout, compile.Stderr = &output, &output
	if err := compile.Run(); err != nil {
		return fmt.Errorf("the program in %s does not compile: go build: %w\n%s", source, err, bytes.TrimSpace(output.Bytes()))
	}
	return nil
}
