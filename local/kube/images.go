package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/image"
	"github.com/vllm-eks/vllm-eks/local/layout"
)

const pauseImage = "localhost/vllm-eks/pause:1"

// imageOf parses a command line: the entrypoint's program, and further programs as PATH=FILE.
func imageOf(args []string) (image.Contents, error) {
	c := image.Contents{Program: args[0], Others: map[string]string{}}
	for _, arg := range args[1:] {
		path, file, ok := strings.Cut(arg, "=")
		if !ok || !strings.HasPrefix(path, "/") {
			return c, fmt.Errorf("%q is not of the form /PATH=FILE", arg)
		}
		c.Others[path] = file
	}
	return c, nil
}

// ensureImage imports an image, unless the node has one of the same programs.
func ensureImage(l layout.Layout, reference string, c image.Contents) error {
	sum, err := c.Sum()
	if err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	imported := map[string]string{}
	if data, err := os.ReadFile(l.Kube("images.json")); err == nil && json.Unmarshal(data, &imported) != nil {
		imported = map[string]string{} // incomplete after a power failure: import again
	}
	present, err := ctr(l, "images", "list", "--quiet", "name=="+reference).Output()
	if err != nil {
		return fmt.Errorf("list images: %w", err)
	}
	if imported[reference] == sum && strings.TrimSpace(string(present)) == reference {
		return nil
	}
	if err := importImage(l, reference, c); err != nil {
		return err
	}
	imported[reference] = sum
	return writeJSON(l.Kube("images.json"), imported)
}

// importImage builds an image and imports it into the container runtime, without a registry.
func importImage(l layout.Layout, reference string, c image.Contents) error {
	file, err := os.CreateTemp(l.Kube(), "image-*.tar")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := image.WriteTar(file, reference, c, runtime.GOARCH); err != nil {
		return err
	}
	out, err := ctr(l, "images", "import", file.Name()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("import image %s: %w\n%s", reference, err, out)
	}
	return nil
}

func ctr(l layout.Layout, args ...string) *exec.Cmd {
	return exec.Command("ctr", append([]string{"--address", l.ContainerdSocket(), "--namespace", "k8s.io"}, args...)...)
}
