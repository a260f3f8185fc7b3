package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/gomodule"
)

// apply imports the images and applies the manifests. Objects of an earlier version that this
// version lacks remain, as with a chart's CustomResourceDefinitions.
func (c controller) apply(ctx context.Context, e engine) error {
	for _, i := range c.images {
		if err := runKube(ctx, e.options, "image", append([]string{i.reference}, imageArguments(i.contents(e.options))...)...); err != nil {
			return err
		}
	}
	if err := c.collect(ctx, e); err != nil {
		return err
	}
	objects, err := e.kubectl(ctx, "kustomize", c.folder(e.options))
	if err != nil {
		return err
	}
	// The API server refuses objects of a new kind until its definition is established.
	if err := applyObjects(ctx, e, objects); err == nil {
		return nil
	}
	if _, err := e.kubectl(ctx, "wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"); err != nil {
		return err
	}
	return applyObjects(ctx, e, objects)
}

func applyObjects(ctx context.Context, e engine, objects string) error {
	cmd := e.kubectlCommand(ctx, "apply", "--server-side", "--force-conflicts", "--filename=-")
	cmd.Stdin = strings.NewReader(objects)
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("kubectl apply: %w\n%s", err, out))
	}
	return nil
}

// folder returns the folder in which the manifests are assembled.
func (c controller) folder(o options) string {
	return filepath.Join(o.layout.State(), "controllers", c.name)
}

// collect copies the module's manifests beside those of this project, because kubectl reads no
// manifests outside of the kustomization's folder.
func (c controller) collect(ctx context.Context, e engine) error {
	source, err := c.source(ctx, e)
	if err != nil {
		return err
	}
	folder := c.folder(e.options)
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o700)); err != nil {
		return err
	}
	extra, err := filepath.Glob(filepath.Join(e.options.layout.Root, controllersFolder, c.name, "*.yaml"))
	if err != nil {
		return err
	}
	var theirs []string
	for _, path := range c.manifests {
		theirs = append(theirs, filepath.Join(source, filepath.FromSlash(path)))
	}
	for _, path := range slices.Concat(theirs, extra) {
		if err := copyTo(filepath.Join(folder, filepath.Base(path)), path); err != nil {
			return err
		}
	}
	generated, err := c.generated(e.options)
	if err != nil {
		return err
	}
	for name, content := range generated {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// generated returns the manifests of files, by name.
func (c controller) generated(o options) (map[string]string, error) {
	if c.files == nil {
		return nil, nil
	}
	return c.files(o)
}

// copyTo copies a file, or a folder with its content.
func copyTo(destination, source string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return os.CopyFS(destination, os.DirFS(source))
	}
	content, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	return os.WriteFile(destination, content, 0o600)
}

// source returns the folder of the module, in the version of the controller's own go.mod; "" for
// a controller whose manifests are all in this project.
func (c controller) source(ctx context.Context, e engine) (string, error) {
	if c.module == "" {
		return "", nil
	}
	return gomodule.Folder(ctx, filepath.Join(e.options.layout.Root, controllersFolder, c.name), c.module)
}
