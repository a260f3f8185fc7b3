package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vllm-eks/vllm-eks/config"
	"github.com/vllm-eks/vllm-eks/spec/checklist"
	"github.com/vllm-eks/vllm-eks/spec/serving"
)

// table is a generated table of a manually written page.
type table struct {
	// page is the name of the page in docs.
	page string
	// head are the titles of the columns, which identify the table.
	head []string
	rows [][]string
}

// tables returns the generated tables.
func tables() []table {
	policies := table{page: "serving.md", head: []string{"policy", "what decides", "needs"}}
	for _, p := range serving.Policies() {
		needs := strings.Join(p.Needs(), ", ")
		if needs == "" {
			needs = "–"
		}
		policies.rows = append(policies.rows, []string{quoted(string(p.Name)), p.Doc, needs})
	}
	charts := table{page: "addons.md", head: []string{"key", "chart", "namespace, and its Pod Security level", "further values of yours", "purpose"}}
	for _, r := range config.Releases() {
		var namespaces []string
		for _, n := range r.Namespaces() {
			namespaces = append(namespaces, fmt.Sprintf("%s, %s", quoted(n.Name), n.Level))
		}
		charts.rows = append(charts.rows, []string{quoted(r.Path.String()), r.Chart.Name + " " + r.Chart.Version, strings.Join(namespaces, "; "), quoted(r.Values.String()), r.Doc})
	}
	items := table{page: "checklist.md", head: []string{"item", "rule", "reason", "keys"}}
	for _, item := range checklist.Items() {
		items.rows = append(items.rows, []string{quoted(item.ID), item.Rule, item.Reason, quoted(strings.ReplaceAll(item.Key, ", ", "`, `"))})
	}
	return []table{policies, charts, items}
}

func quoted(name string) string { return "`" + name + "`" }

// pagesWithTables returns the pages of docs that have tables, each with its current
// rows.
func pagesWithTables(root string) (map[string]string, error) {
	pages := map[string]string{}
	for _, t := range tables() {
		path := filepath.Join(root, "docs", t.page)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if pages[path], err = t.insert(string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return pages, nil
}

// insert returns the text of a page with the rows of the table.
func (t table) insert(text string) (string, error) {
	head := "\n" + row(t.head) + "|" + strings.Repeat("---|", len(t.head)) + "\n"
	before, rest, found := strings.Cut(text, head)
	if !found {
		return "", fmt.Errorf("has no table with the columns %s; add its first two lines", strings.Join(t.head, ", "))
	}
	for strings.HasPrefix(rest, "|") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	var b strings.Builder
	b.WriteString(before + head)
	for _, cells := range t.rows {
		b.WriteString(row(cells))
	}
	return b.String() + rest, nil
}

func row(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }
