package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/image"
	"github.com/vllm-eks/vllm-eks/local/layout"
)

const pauseImage = "localhost/vllm-eks/pause:1"

// ensureImage imports an image unless the node has it from the same program.
func ensureImage(l layout.Layout, reference, program string) error {
	sum, err := fileSum(program)
	if err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	imported := map[string]string{}
	if data, err := os.ReadFile(l.Kube("images.json")); err == nil && json.Unmarshal(data, &imported) != nil {
		imported = map[string]string{} // cut off by a power failure: import again
	}
	present, err := ctr(l, "images", "list", "--quiet", "name=="+reference).Output()
	if err != nil {
		return fmt.Errorf("list images: %w", err)
	}
	if imported[reference] == sum && strings.TrimSpace(string(present)) == reference {
		return nil
	}
	if err := importImage(l, reference, program); err != nil {
		return err
	}
	imported[reference] = sum
	return writeJSON(l.Kube("images.json"), imported)
}

func fileSum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// importImage makes an image of a program and gives it to the container
// runtime. There is no registry.
func importImage(l layout.Layout, reference, program string) error {
	file, err := os.CreateTemp(l.Kube(), "image-*.tar")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := image.WriteTar(file, reference, program, runtime.GOARCH); err != nil {
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
