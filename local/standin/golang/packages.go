package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"golang.org/x/mod/modfile"
)

// sdkModule matches the module path of a provider's SDK. Name and version of the SDK are those
// of its plugin. The real host reads them from pulumi-plugin.json in each module, which
// requires a full download. For the SDKs that Pulumi publishes both agree.
var sdkModule = regexp.MustCompile(`^github\.com/pulumi/pulumi-([a-z0-9-]+)/sdk(/v[0-9]+)?$`)

// GetRequiredPackages returns the plugins of a program, according to its go.mod.
func (h *languageHost) GetRequiredPackages(_ context.Context, req *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	file, err := readModule(req.GetInfo().GetProgramDirectory())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetRequiredPackagesResponse{}
	for _, require := range file.Require {
		match := sdkModule.FindStringSubmatch(require.Mod.Path)
		if match == nil {
			continue
		}
		response.Packages = append(response.Packages, &pulumirpc.PackageDependency{
			Name: match[1], Kind: "resource", Version: require.Mod.Version,
		})
	}
	return response, nil
}

// GetRequiredPlugins is the older form of GetRequiredPackages.
func (h *languageHost) GetRequiredPlugins(ctx context.Context, req *pulumirpc.GetRequiredPluginsRequest) (*pulumirpc.GetRequiredPluginsResponse, error) {
	packages, err := h.GetRequiredPackages(ctx, &pulumirpc.GetRequiredPackagesRequest{Info: req.GetInfo()})
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetRequiredPluginsResponse{}
	for _, p := range packages.GetPackages() {
		response.Plugins = append(response.Plugins, &pulumirpc.PluginDependency{Name: p.GetName(), Kind: p.GetKind(), Version: p.GetVersion()})
	}
	return response, nil
}

// GetProgramDependencies returns the direct modules of a program's go.mod, and on request the
// indirect ones.
func (h *languageHost) GetProgramDependencies(_ context.Context, req *pulumirpc.GetProgramDependenciesRequest) (*pulumirpc.GetProgramDependenciesResponse, error) {
	file, err := readModule(req.GetInfo().GetProgramDirectory())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, require := range file.Require {
		if require.Indirect && !req.GetTransitiveDependencies() {
			continue
		}
		response.Dependencies = append(response.Dependencies, &pulumirpc.DependencyInfo{
			Name: require.Mod.Path, Version: require.Mod.Version,
		})
	}
	return response, nil
}

// InstallDependencies downloads the modules of a program.
func (h *languageHost) InstallDependencies(req *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer) error {
	ctx, done := h.operation(server.Context())
	defer done()
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, req.GetIsTerminal())
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	tool, err := goTool()
	if err != nil {
		return err
	}
	download := exec.CommandContext(ctx, tool, "mod", "download")
	download.Dir = req.GetInfo().GetProgramDirectory()
	download.Stdout, download.Stderr = stdout, stderr
	if err := download.Run(); err != nil {
		return fmt.Errorf("go mod download in %s: %w", download.Dir, err)
	}
	return closer.Close()
}

// readModule parses the go.mod of a directory or of one above it.
func readModule(directory string) (*modfile.File, error) {
	for dir := directory; ; {
		path := filepath.Join(dir, "go.mod")
		content, err := os.ReadFile(path)
		if err == nil {
			return modfile.ParseLax(path, bytes.TrimPrefix(content, []byte("\ufeff")), nil)
		}
		parent := filepath.Dir(dir)
		if !os.IsNotExist(err) || parent == dir {
			return nil, fmt.Errorf("no go.mod in %s or above it: a Pulumi program in Go is a Go module",
				strings.TrimSuffix(directory, "/"))
		}
		dir = parent
	}
}
