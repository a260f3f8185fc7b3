package stacktest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"
)

// kindLimit is the size in bytes above which a kind of resource has one golden file for
// each resource.
const kindLimit = 20_000

// diffLimit is the number of lines of one file's diff that a failure shows.
const diffLimit = 200

// ReadFolder returns the resources in the golden files of a folder, sorted by
// type and name.
func ReadFolder(folder string) ([]Resource, error) {
	names, err := matching(folder, "*.json")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: has no golden files", folder)
	}
	var resources []Resource
	for _, name := range names {
		path := filepath.Join(folder, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var kind []Resource
		if err := json.Unmarshal(text, &kind); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		resources = append(resources, kind...)
	}
	sortResources(resources)
	return resources, nil
}

// GoldenFolders returns the folders with the golden files of all stacks and all
// examples of a checkout.
func GoldenFolders(root string) ([]string, error) {
	var folders []string
	for _, pattern := range []string{"stack/testdata/*/*.json", "examples/*/objects/*.json"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("%s: has no golden files %s", root, pattern)
		}
		for _, file := range files {
			folders = append(folders, filepath.Dir(file))
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders), nil
}

// goldenFiles returns the golden files of resources, by their names.
func goldenFiles(resources []Resource) (map[string][]byte, error) {
	kinds, parts := map[string][]Resource{}, map[string][]Resource{}
	for _, r := range resources {
		kind := kindName(r.Type)
		kinds[kind] = append(kinds[kind], r)
	}
	for kind, group := range kinds {
		text, err := resourcesJSON(group)
		if err != nil {
			return nil, err
		}
		if len(text) <= kindLimit {
			parts[kind+".json"] = group
			continue
		}
		for _, r := range group {
			name := kind + "." + fileName(r.Name) + ".json"
			parts[name] = append(parts[name], r)
		}
	}
	files := map[string][]byte{}
	for name, part := range parts {
		var err error
		if files[name], err = resourcesJSON(part); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// kindName returns the name of a type's golden file: aws_eks_Cluster for
// aws:eks/cluster:Cluster, whose module repeats the kind.
func kindName(token string) string {
	parts := strings.Split(token, ":")
	if len(parts) == 3 {
		module, repeated, found := strings.Cut(parts[1], "/")
		if found && strings.EqualFold(repeated, parts[2]) {
			parts[1] = module
		}
	}
	return fileName(strings.Join(parts, "_"))
}

// fileName returns a name with only the characters that every file system accepts.
func fileName(text string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r)) {
			return r
		}
		return '_'
	}, text)
}

// resourcesJSON returns resources as text.
func resourcesJSON(resources []Resource) ([]byte, error) {
	text, err := json.MarshalIndent(shorten(resources), "", "  ")
	return append(text, '\n'), err
}

func sortResources(resources []Resource) {
	slices.SortFunc(resources, func(a, b Resource) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
	})
}

// compareFiles returns one problem for each file of a folder that differs from files,
// with the diff. A file is superfluous if it matches pattern and is not among files.
func compareFiles(folder string, files map[string][]byte, pattern string) ([]string, error) {
	names, err := matching(folder, pattern)
	if err != nil {
		return nil, err
	}
	names = slices.AppendSeq(names, maps.Keys(files))
	slices.Sort(names)
	var problems []string
	for _, name := range slices.Compact(names) {
		path := filepath.Join(folder, name)
		old, err := os.ReadFile(path)
		isMissing := errors.Is(err, fs.ErrNotExist)
		if err != nil && !isMissing {
			return nil, err
		}
		text, isWanted := files[name]
		changes := unified(path, old, text)
		switch {
		case isMissing:
			problems = append(problems, fmt.Sprintf("%s is missing:\n%s", path, changes))
		case !isWanted:
			problems = append(problems, fmt.Sprintf("%s is superfluous: nothing of it is registered:\n%s", path, changes))
		case changes != "":
			problems = append(problems, fmt.Sprintf("%s differs:\n%s", path, changes))
		}
	}
	return problems, nil
}

// unified returns the unified diff of a golden file and the text of this run, at most
// diffLimit lines of it.
func unified(path string, old, text []byte) string {
	lines := slices.Collect(strings.Lines(string(diff.Diff(path, old, "this run", text))))
	if hidden := len(lines) - diffLimit; hidden > 0 {
		lines = append(lines[:diffLimit], fmt.Sprintf("… and %d lines more\n", hidden))
	}
	return strings.Join(lines, "")
}

// matching returns the names of the files of a folder that match a pattern, sorted;
// none for the pattern "" or for a missing folder.
func matching(folder, pattern string) ([]string, error) {
	if pattern == "" {
		return nil, nil
	}
	paths, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil {
		return nil, err
	}
	for i, path := range paths {
		paths[i] = filepath.Base(path)
	}
	return paths, nil
}
