package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// minPulumi is the oldest accepted CLI. Engine and SDK share a protocol, and distant versions
// are rarely tested together.
const minPulumi = "v3.200.0"

// installedPulumi finds the user's CLI, and the language hosts of the same release. notes names
// the programs that cannot be used, with the reason.
func installedPulumi(ctx context.Context, l layout.Layout) (installed map[string]string, notes []string) {
	for _, path := range pulumiCandidates(l) {
		version, err := versionOf(ctx, path, l)
		switch {
		case err != nil:
			notes = append(notes, fmt.Sprintf("%s does not run here (%v): building %s for this environment", path, err, pulumiVersion))
			continue
		case semver.Compare(version, minPulumi) < 0:
			notes = append(notes, fmt.Sprintf("%s is %s, older than %s: building %s for this environment", path, version, minPulumi, pulumiVersion))
			continue
		}
		installed = map[string]string{pulumiCLI.name: path}
		for _, p := range []program{languageStandIn, yamlHost} {
			if host := languageHost(path, p.name); host != "" {
				installed[p.name] = host
			}
		}
		return installed, nil // notes about other candidates are not needed
	}
	return nil, notes
}

// pulumiCandidates returns the CLIs on PATH and in the folders of Pulumi's installer, because
// sudo sets root's PATH and HOME.
func pulumiCandidates(l layout.Layout) []string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	for _, home := range pulumiHomes(l) {
		dirs = append(dirs, filepath.Join(home, "bin"))
	}
	var found []string
	for _, dir := range dirs {
		path := filepath.Join(dir, pulumiCLI.name)
		if filepath.IsAbs(dir) && path != pulumiCLI.path(l) && isProgram(path) && !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	return found
}

// pulumiHomes returns the user's Pulumi homes, also after `eval "$(make env)"` and under sudo.
func pulumiHomes(l layout.Layout) []string {
	var homes []string
	if home := os.Getenv("PULUMI_HOME"); home != "" && home != l.Pulumi("home") {
		homes = append(homes, home)
	}
	if home, err := os.UserHomeDir(); err == nil {
		homes = append(homes, filepath.Join(home, ".pulumi"))
	}
	if invoker, err := user.Lookup(os.Getenv("SUDO_USER")); err == nil {
		homes = append(homes, filepath.Join(invoker.HomeDir, ".pulumi"))
	}
	return homes
}

// versionOf returns the version of a CLI. It keeps the CLI from writing into the user's home.
func versionOf(ctx context.Context, path string, l layout.Layout) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = append(os.Environ(), "PULUMI_HOME="+l.Pulumi("home"), "PULUMI_SKIP_UPDATE_CHECK=true")
	out, err := cmd.Output()
	if err != nil {
		return "", err
	}
	version := strings.TrimSpace(string(out))
	if !semver.IsValid(version) {
		return "", fmt.Errorf("pulumi version: %q", version)
	}
	return version, nil
}

// languageHost returns the path of a language host beside the CLI, or beside the file that the
// CLI links to; "" if there is none.
func languageHost(pulumi, name string) string {
	dirs := []string{filepath.Dir(pulumi)}
	if resolved, err := filepath.EvalSymlinks(pulumi); err == nil {
		dirs = append(dirs, filepath.Dir(resolved))
	}
	for _, dir := range dirs {
		if path := filepath.Join(dir, name); isProgram(path) {
			return path
		}
	}
	return ""
}

// installedPlugin returns the folder of the user's Kubernetes plugin; "" if there is none.
func installedPlugin(l layout.Layout) string {
	for _, home := range pulumiHomes(l) {
		folder := filepath.Join(home, "plugins", kubernetesPlugin)
		if isProgram(filepath.Join(folder, kubernetesProvider.name)) {
			return folder
		}
	}
	return ""
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
