package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// packages are the Debian packages of the programs that the embedded cluster runs but does not
// build, and of the shell in the simulator's image.
var packages = []struct {
	name string
	// provides is a program on PATH, or a file. If another package provides it, such as
	// Docker's containerd, this package is not needed.
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
	{"bash-static", staticBash},
}

func missingPackages() []string {
	var missing []string
	for _, p := range packages {
		_, err := exec.LookPath(p.provides) // a path with a slash is not searched on PATH
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
		return fmt.Errorf("packages: this system has no apt-get; install the equivalents of these Debian packages and try again: %s", strings.Join(missing, " "))
	}
	p.update(0, "%s", strings.Join(missing, " "))
	// The record is written before the installation, so that an interrupt does not lose it.
	if err := recordPackages(o, missing); err != nil {
		return err
	}
	if err := (apt{progress: p, patience: aptPatience}).install(ctx, missing); err != nil {
		return err
	}
	// The package starts its own service, which the cluster does not use.
	if _, err := exec.LookPath("systemctl"); err == nil && slices.Contains(missing, "containerd") {
		if out, err := exec.CommandContext(ctx, "systemctl", "disable", "--now", "containerd").CombinedOutput(); err != nil {
			p.note("the containerd service could not be stopped (%v): %s", err, strings.TrimSpace(string(out)))
		}
	}
	p.note("installed: %s", strings.Join(missing, " "))
	return nil
}

// recordPackages records the packages that this command installs, for `make down`.
// local/bootstrap records those that it needs to download Go.
func recordPackages(o options, names []string) error {
	if err := os.MkdirAll(o.layout.State(), 0o700); err != nil {
		return err
	}
	recorded, err := recordedPackages(o)
	if err != nil {
		return err
	}
	packages := slices.Compact(slices.Sorted(slices.Values(append(recorded, names...))))
	return os.WriteFile(packagesFile(o), []byte(strings.Join(packages, "\n")+"\n"), 0o600)
}

func recordedPackages(o options) ([]string, error) {
	data, err := os.ReadFile(packagesFile(o))
	if os.IsNotExist(err) {
		return nil, nil
	}
	return strings.Fields(string(data)), err
}

func packagesFile(o options) string { return o.layout.State() + "/debian-packages" }

// stillInstalled returns the recorded packages that are installed.
func stillInstalled(ctx context.Context, names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		out, err := exec.CommandContext(ctx, "dpkg-query", "--show", "--showformat=${db:Status-Status}", name).Output()
		return err != nil || string(out) != "installed"
	})
}
