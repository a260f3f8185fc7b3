package stack

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	linkPattern    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headingPattern = regexp.MustCompile(`(?m)^#+ (.+)$`)
	anchorPattern  = regexp.MustCompile(`<a id="([^"]+)">`)
	codePattern    = regexp.MustCompile("(?s)```.*?```")
)

// TestDocumentationHasNoDeadLink checks every link of a page to a file or a heading of the
// repository.
func TestDocumentationHasNoDeadLink(t *testing.T) {
	pages, links := map[string]string{}, 0
	for _, page := range documentationPages(t) {
		pages[page] = readPage(t, page)
	}
	for page, text := range pages {
		for _, found := range linkPattern.FindAllStringSubmatch(codePattern.ReplaceAllString(text, ""), -1) {
			if strings.Contains(found[1], "://") || strings.HasPrefix(found[1], "mailto:") {
				continue
			}
			links++
			file, heading, _ := strings.Cut(found[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, found[1])
			} else if heading != "" && !anchors(pages[target])[heading] {
				t.Errorf("%s links to %s, but %s has no such heading", page, found[1], target)
			}
		}
	}
	if links < 50 {
		t.Errorf("%d links found, want those of the whole documentation", links)
	}
}

// documentationPages returns the Markdown files of the repository.
func documentationPages(t *testing.T) []string {
	t.Helper()
	var pages []string
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".local" || entry.Name() == ".git"):
			return fs.SkipDir
		case filepath.Ext(path) == ".md":
			pages = append(pages, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func readPage(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// anchors returns the anchors of a page: those that GitHub derives from its headings, and
// explicit ones.
func anchors(page string) map[string]bool {
	names := map[string]bool{}
	for _, heading := range headingPattern.FindAllStringSubmatch(codePattern.ReplaceAllString(page, ""), -1) {
		text := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		names[strings.ReplaceAll(text, " ", "-")] = true
	}
	for _, anchor := range anchorPattern.FindAllStringSubmatch(page, -1) {
		names[anchor[1]] = true
	}
	return names
}
