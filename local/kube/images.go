package main

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

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
	data, err := os.ReadFile(l.Kube("images.json"))
	if err == nil {
		err = json.Unmarshal(data, &imported)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", l.Kube("images.json"), err)
	}
	if imported[reference] == sum {
		return nil
	}
	if err := importImage(l, reference, program); err != nil {
		return err
	}
	imported[reference] = sum
	if data, err = json.Marshal(imported); err != nil {
		return err
	}
	return os.WriteFile(l.Kube("images.json"), data, 0o600)
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

// importImage makes an image that holds one static program as its entrypoint,
// and gives it to the container runtime. There is no registry.
func importImage(l layout.Layout, reference, program string) error {
	tag, err := name.NewTag(reference)
	if err != nil {
		return err
	}
	image, err := programImage(program)
	if err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	file, err := os.CreateTemp(l.Kube(), "image-*.tar")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := tarball.Write(tag, image, file); err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	out, err := exec.Command("ctr", "--address", l.ContainerdSocket(), "--namespace", "k8s.io",
		"images", "import", file.Name()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("import image %s: %w\n%s", reference, err, out)
	}
	return nil
}

// pushImage gives the image to a registry of the user's, with the credentials
// that Docker's configuration holds for it.
func pushImage(ctx context.Context, reference, program string) error {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return err
	}
	image, err := programImage(program)
	if err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	if err := remote.Write(ref, image, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return fmt.Errorf("push %s: %w", reference, err)
	}
	return nil
}

// programImage depends on the program's bytes alone: the same program gives
// the same digest.
func programImage(program string) (v1.Image, error) {
	content, err := programLayer(program)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	})
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	config.Config.Entrypoint = []string{"/" + filepath.Base(program)}
	config.Config.User = "65534:65534"
	return mutate.ConfigFile(image, config)
}

func programLayer(program string) ([]byte, error) {
	binary, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	header := &tar.Header{Name: filepath.Base(program), Mode: 0o755, Size: int64(len(binary)), Typeflag: tar.TypeReg}
	if err := w.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := w.Write(binary); err != nil {
		return nil, err
	}
	return layer.Bytes(), w.Close()
}
