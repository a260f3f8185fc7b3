package main

import (
	"maps"
	"os/exec"
	"runtime"
	"slices"

	"github.com/vllm-eks/vllm-eks/local/image"
)

const (
	// staticBash is Debian's bash that needs no libraries.
	staticBash = "bash-static"
	// imageBash is where vLLM's image has a bash, which the probe that finds a
	// hung engine runs.
	imageBash = "/bin/bash"
)

// simulatorContents is the simulator's image for a platform. It has a bash
// where this machine has one that runs there.
func simulatorContents(program string, p platform) image.Contents {
	c := image.Contents{Program: program, Others: map[string]string{}}
	if p != (platform{runtime.GOOS, runtime.GOARCH}) {
		return c
	}
	if bash, err := exec.LookPath(staticBash); err == nil {
		c.Others[imageBash] = bash
	}
	return c
}

// imageArguments are the contents as `kube image` reads them.
func imageArguments(c image.Contents) []string {
	args := []string{c.Program}
	for _, path := range slices.Sorted(maps.Keys(c.Others)) {
		args = append(args, path+"="+c.Others[path])
	}
	return args
}

// noBash says what an image without bash cannot do; "" where it has one.
func noBash(c image.Contents, p platform) string {
	switch {
	case c.Others[imageBash] != "":
		return ""
	case p.os != runtime.GOOS || p.arch != runtime.GOARCH:
		return "the simulator is pushed without " + imageBash + ", as this machine has none for " + p.os + "/" + p.arch + ": leave lifecycle.hungSeconds out"
	}
	return "the simulator is pushed without " + imageBash + ", as " + staticBash + " is not installed here: install it, or leave lifecycle.hungSeconds out"
}
