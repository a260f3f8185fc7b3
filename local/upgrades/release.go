package upgrades

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/semver"
)

// Release is the folder with the simulated state of a release. It has a folder for each stack
// and each example, with the files of the user, the state of Pulumi, and the content of the
// simulated account.
type Release struct {
	// Version is the release, such as v0.1.0.
	Version string
	folder  string
}

// Folder holds the releases, below the root of the checkout.
const Folder = "local/upgrades/testdata"

// In returns a release of a checkout. It need not exist.
func In(root, version string) Release {
	return Release{Version: version, folder: filepath.Join(root, filepath.FromSlash(Folder), version)}
}

// Releases returns the versions of the stored releases, the oldest first.
func Releases(root string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(Folder)))
	if err != nil {
		return nil, err
	}
	var versions []string
	for _, entry := range entries {
		if !semver.IsValid(entry.Name()) {
			return nil, fmt.Errorf("%s/%s: is not the version of a release, want such as v0.2.0", Folder, entry.Name())
		}
		versions = append(versions, entry.Name())
	}
	semver.Sort(versions)
	return versions, nil
}

// Last returns the release that users of the working tree update from: the newest stored one
// before the version of the working tree, which is the first section of CHANGELOG.md. Without
// an earlier release, it is the version itself.
func Last(stored []string, version string) (string, error) {
	last := ""
	for _, v := range stored {
		if version == Unreleased || semver.Compare(v, version) < 0 || last == "" && v == version {
			last = v
		}
	}
	if last == "" {
		return "", fmt.Errorf("%s: has no release before %s", Folder, version)
	}
	return last, nil
}

// The files of a stack or an example, besides those of the user.
const (
	stateFile   = "state.json.gz"
	accountFile = "account.json.gz"
	itemsFile   = "items.json"
)

// Stacks returns the names of the stored stacks and examples.
func (r Release) Stacks() ([]string, error) {
	entries, err := os.ReadDir(r.folder)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, err
}

// Path returns the folder with the user's files of a stack or an example.
func (r Release) Path(stack string) string { return filepath.Join(r.folder, stack) }

// home stands for the folder of a simulation in a stored state: it has the kubeconfig.
const home = "{simulation}"

// State returns the state of a stack in the folder of a simulation, for pulumi stack import.
func (r Release) State(stack, folder string) ([]byte, error) {
	state, err := unpack(filepath.Join(r.Path(stack), stateFile))
	return bytes.ReplaceAll(state, []byte(home), []byte(folder)), err
}

// Store replaces the files of a stack or an example: those of the user by their names, the
// output of pulumi stack export, and the account in the folder of the simulation.
func (r Release) Store(stack string, files map[string][]byte, export []byte, folder string) error {
	state, err := withoutTimes(bytes.ReplaceAll(export, []byte(folder), []byte(home)))
	if err != nil {
		return fmt.Errorf("%s: the state: %w", stack, err)
	}
	target := r.Path(stack)
	errs := []error{os.RemoveAll(target), os.MkdirAll(target, 0o750)}
	for name, content := range files {
		errs = append(errs, os.WriteFile(filepath.Join(target, name), content, 0o600))
	}
	errs = append(errs, pack(filepath.Join(target, stateFile), state))
	for from, to := range map[string]string{"account.json": accountFile, "items.json": itemsFile} {
		content, err := os.ReadFile(filepath.Join(folder, "account", from))
		switch {
		case errors.Is(err, fs.ErrNotExist): // a stack without an account
		case to == itemsFile:
			errs = append(errs, err, os.WriteFile(filepath.Join(target, to), content, 0o600))
		default:
			errs = append(errs, err, pack(filepath.Join(target, to), content))
		}
	}
	return errors.Join(errs...)
}

// RestoreAccount writes the simulated account into the folder of a simulation.
func (r Release) RestoreAccount(stack, folder string) error {
	account := filepath.Join(folder, "account")
	if err := os.MkdirAll(account, 0o700); err != nil {
		return err
	}
	for from, to := range map[string]string{accountFile: "account.json", itemsFile: "items.json"} {
		path := filepath.Join(r.Path(stack), from)
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a stack without an account
		}
		if err == nil && from == accountFile {
			content, err = unpack(path)
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(account, to), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// withoutTimes returns an exported state without the times of its resources, which differ
// between two recordings.
func withoutTimes(export []byte) ([]byte, error) {
	var state map[string]any
	if err := json.Unmarshal(export, &state); err != nil {
		return nil, err
	}
	deployment, _ := state["deployment"].(map[string]any)
	resources, _ := deployment["resources"].([]any)
	if len(resources) == 0 {
		return nil, errors.New("has no resources")
	}
	if manifest, found := deployment["manifest"].(map[string]any); found {
		delete(manifest, "time")
	}
	for _, r := range resources {
		if r, found := r.(map[string]any); found {
			delete(r, "created")
			delete(r, "modified")
		}
	}
	return json.MarshalIndent(state, "", " ")
}

// pack writes a file that is compressed, in the same way each time.
func pack(path string, content []byte) error {
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	_, err = writer.Write(content)
	return errors.Join(err, writer.Close(), os.WriteFile(path, packed.Bytes(), 0o600))
}

func unpack(path string) (content []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	reader, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	content, err = io.ReadAll(reader)
	return slices.Clip(content), err
}
