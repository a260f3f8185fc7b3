// Package image builds container images of static programs, without a builder and without a
// base image.
package image

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// WriteTar writes an image in the format that `ctr images import` reads.
func WriteTar(w io.Writer, reference string, c Contents, arch string) error {
	tag, err := name.NewTag(reference)
	if err != nil {
		return err
	}
	image, err := Of(c, arch)
	if err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	if err := tarball.Write(tag, image, w); err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	return nil
}

// Push pushes an image to a registry, with the credentials of Docker's configuration.
func Push(ctx context.Context, reference string, c Contents, arch string) error {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return err
	}
	image, err := Of(c, arch)
	if err != nil {
		return fmt.Errorf("image %s: %w", reference, err)
	}
	if err := remote.Write(ref, image, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return fmt.Errorf("push %s: %w", reference, err)
	}
	return nil
}

// Of returns an image for linux/arch. The same programs at the same paths give the same digest.
func Of(c Contents, arch string) (v1.Image, error) {
	var content bytes.Buffer
	if err := c.write(&content); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content.Bytes())), nil
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
	config.Config.Entrypoint = []string{"/" + filepath.Base(c.Program)}
	config.Config.User = "65534:65534"
	return mutate.ConfigFile(image, config)
}
