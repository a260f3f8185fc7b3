package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/vllm-eks/vllm-eks/local/layout"
	"github.com/vllm-eks/vllm-eks/local/node"
)

// prepare writes every file that the programs read.
func prepare(l layout.Layout, o node.Options) error {
	for _, dir := range []string{l.Kube("logs", "pods"), l.Kube("cni", "conf"), l.Kube("run")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	created, err := ensureNamespaces(l)
	if err != nil {
		return err
	}
	if created { // first start, or the machine was restarted: no pod is running
		if err := errors.Join(endPods(), os.RemoveAll(l.Kube("run")), os.RemoveAll(l.Kube("cni", "addresses")), os.RemoveAll(l.Kube("cni", "results"))); err != nil {
			return err
		}
	}
	for _, m := range mountPoints(l) {
		if err := errors.Join(os.MkdirAll(m.source, 0o700), ensureMountPoint(l, m.fixed)); err != nil {
			return err
		}
	}
	if err := connectHost(l); err != nil {
		return err
	}
	if err := errors.Join(ensurePKI(l), writeKubeconfigs(l), linkPrograms(l), writeJSON(l.Kube("options.json"), o)); err != nil {
		return err
	}
	snapshotter, err := snapshotterFor(l)
	if err != nil {
		return err
	}
	for path, content := range configFiles(l, o, snapshotter) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// ensureMountPoint creates a folder that is only mounted over, and records it so that `make
// down` removes it.
func ensureMountPoint(l layout.Layout, path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o711); err != nil {
		return err
	}
	record, err := os.OpenFile(l.Kube("created-folders"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = record.WriteString(path + "\n")
	return errors.Join(err, record.Close())
}

func linkPrograms(l layout.Layout) error {
	for _, name := range kubernetesPrograms {
		if target, err := os.Readlink(l.Bin(name)); err == nil && target == "kubernetes" {
			continue
		}
		if err := os.Remove(l.Bin(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Symlink("kubernetes", l.Bin(name)); err != nil {
			return err
		}
	}
	return nil
}

// snapshotterFor returns the snapshotter for this file system. Some file systems cannot carry
// an overlay: another overlay, NFS, older ZFS.
func snapshotterFor(l layout.Layout) (string, error) {
	dir := l.Kube("overlay-trial")
	var options []string
	for _, name := range []string{"lowerdir", "upperdir", "workdir"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return "", err
		}
		options = append(options, name+"="+filepath.Join(dir, name))
	}
	defer func() { _ = os.RemoveAll(dir) }() // it is empty
	if err := unix.Mount("overlay", dir, "overlay", 0, strings.Join(options, ",")); err != nil {
		return "native", nil
	}
	return "overlayfs", unix.Unmount(dir, 0)
}
