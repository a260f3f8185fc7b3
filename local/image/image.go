// Package image makes container images of static programs, without a builder
// and without a base image.
package image

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// WriteTar writes the image of a program as `ctr images import` reads it.
func WriteTar(w io.Writer, reference, program, arch string) error {
	tag, err := name.NewTag(reference)
	if err != nil {
		return err
	}
	image, err := OfProgram(program, arch)
	if err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	if err := tarball.Write(tag, image, w); err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	return nil
}

// Push gives the image of a program to a registry, with the credentials that
// Docker's configuration holds for it.
func Push(ctx context.Context, reference, program, arch string) error {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return err
	}
	image, err := OfProgram(program, arch)
	if err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	if err := remote.Write(ref, image, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return fmt.Errorf("push %s: %w", reference, err)
	}
	return nil
}

// OfProgram makes an image for linux/arch that holds one static program as its
// entrypoint. It depends on the program's bytes alone: the same program gives
// the same digest.
func OfProgram(program, arch string) (v1.Image, error) {
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
	config.OS, config.Architecture = "linux", arch
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
