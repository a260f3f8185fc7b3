package scaffold

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// action matches the use of an action that is pinned by its commit, with its version.
var action = regexp.MustCompile(`uses: ([\w.-]+/[\w.-]+)@([0-9a-f]{40} # v[\d.]+)\n`)

// image matches Pulumi's image in the pipeline of GitLab.
var image = regexp.MustCompile(`(image: pulumi/pulumi-go:)\S+`)

// withPins adds the workflows of the template to files, with the pinned actions of the
// repository's own workflows and with a version of the Pulumi CLI.
func withPins(root, pulumi string, files map[string]string) error {
	pins := map[string]string{}
	err := eachFile(filepath.Join(root, ".github", "workflows"), func(_, text string) {
		for _, use := range action.FindAllStringSubmatch(text, -1) {
			pins[use[1]] = use[2]
		}
	})
	if err != nil {
		return err
	}
	if len(pins) == 0 {
		return fmt.Errorf(".github/workflows: has no action that is pinned by its commit")
	}
	return eachFile(filepath.Join(root, Folder), func(path, text string) {
		switch {
		case path == ".gitlab-ci.yml":
			files[path] = image.ReplaceAllString(text, "${1}"+pulumi)
		case strings.HasPrefix(path, ".github/"):
			files[path] = action.ReplaceAllStringFunc(text, func(line string) string {
				use := action.FindStringSubmatch(line)
				if pin := pins[use[1]]; pin != "" {
					return "uses: " + use[1] + "@" + pin + "\n"
				}
				return line
			})
		}
	})
}

// eachFile calls see for every file of a folder, with its path in the folder.
func eachFile(folder string, see func(path, text string)) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		see(filepath.ToSlash(name), string(text))
		return nil
	})
}
