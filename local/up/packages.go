package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// packages are the Debian packages behind the programs that the embedded
// cluster runs but does not build.
var packages = []struct {
	name string
	// provides: a program on PATH, or a file. Whoever has it from elsewhere
	// (Docker's own containerd, say) needs no package.
	provides string
}{
	{"containerd", "containerd"},
	{"containerd", "ctr"},
	{"runc", "runc"},
	{"containernetworking-plugins", "/usr/lib/cni/ptp"},
	{"iptables", "iptables"},
	{"conntrack", "conntrack"},
	{"util-linux", "nsenter"},
	{"util-linux", "unshare"},
	{"mount", "mount"},
}

func missingPackages() []string {
	var missing []string
	for _, p := range packages {
		_, err := exec.LookPath(p.provides) // looks at a path with a slash directly
		if err != nil && !slices.Contains(missing, p.name) {
			missing = append(missing, p.name)
		}
	}
	return missing
}

func installPackages(ctx context.Context, o options, p *progress) error {
	missing := missingPackages()
	if len(missing) == 0 {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("this system has no apt-get; install what provides these Debian packages and try again: %s", strings.Join(missing, " "))
	}
	p.update(0, "%s", strings.Join(missing, " "))
	install := append([]string{"install", "--yes", "--no-install-recommends"}, missing...)
	if _, err := aptGet(ctx, install...); err != nil {
		// A fresh machine has no package lists, or old ones.
		if out, err := aptGet(ctx, "update"); err != nil {
			return fmt.Errorf("apt-get update: %w\n%s", err, out)
		}
		if out, err := aptGet(ctx, install...); err != nil {
			return fmt.Errorf("apt-get install %s: %w\n%s", strings.Join(missing, " "), err, out)
		}
	}
	// The package starts a service of its own, which nothing here uses.
	if _, err := exec.LookPath("systemctl"); err == nil && slices.Contains(missing, "containerd") {
		if out, err := exec.CommandContext(ctx, "systemctl", "disable", "--now", "containerd").CombinedOutput(); err != nil {
			p.note("the containerd service could not be stopped (%v): %s", err, strings.TrimSpace(string(out)))
		}
	}
	p.note("installed: %s", strings.Join(missing, " "))
	return recordPackages(o, missing)
}

func aptGet(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// recordPackages remembers what was installed, for `make down` to list.
func recordPackages(o options, names []string) error {
	if err := os.MkdirAll(o.layout.State(), 0o700); err != nil {
		return err
	}
	known, err := recordedPackages(o)
	if err != nil {
		return err
	}
	all := slices.Compact(slices.Sorted(slices.Values(append(known, names...))))
	return os.WriteFile(packagesFile(o), []byte(strings.Join(all, "\n")+"\n"), 0o600)
}

func recordedPackages(o options) ([]string, error) {
	data, err := os.ReadFile(packagesFile(o))
	if os.IsNotExist(err) {
		return nil, nil
	}
	return strings.Fields(string(data)), err
}

func packagesFile(o options) string { return o.layout.State() + "/debian-packages" }
