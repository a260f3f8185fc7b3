//go:build cluster

package e2e

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// emptyPanels are the panels without data here, with the reason. Other tests compare their queries
// with the metrics of the real exporters.
var emptyPanels = map[string]string{
	"GPU utilization": noExporter, "Utilization": noExporter, "Memory in use": noExporter, "Memory bandwidth in use": noExporter,
	"Temperature": noExporter, "Power": noExporter, "XID errors": noExporter, "GPU memory of each replica": noExporter,
	"Prefix-cache hits": "the simulator has no prefix cache", "Unschedulable pods": "every pod has a node", "Nodes by state": "no cluster-autoscaler runs",
}

const noExporter = "no exporter of GPUs runs"

// testPage opens the page that make up serves, for a model under load. Each panel shows data.
func testPage(t *testing.T) {
	address := clusterURL(t, "status-page", "status-page", 80) + "/?" + url.Values{"model": {scalingSpace + "/chat"}}.Encode()
	var empty []string
	panels := 0
	defer func() { t.Logf("of %d panels, these show no data: %q", panels, empty) }()
	await(t, "every panel shows data", scalingPatience, func() bool {
		response, err := fresh.Get(address)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			return false
		}
		if strings.Contains(string(text), "https://") || !strings.Contains(response.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Fatal("the page refers to other servers")
		}
		root, err := html.Parse(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		panels, empty = panelsOf(root)
		return panels > 0 && len(empty) == 0
	})
}

// panelsOf returns the number of panels of a page, and the titles of those without data that
// could have some, each with what it shows instead.
func panelsOf(root *html.Node) (panels int, empty []string) {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "article" {
			continue
		}
		panels++
		title, problem := "", ""
		for part := range n.Descendants() {
			switch {
			case part.Type != html.ElementNode:
			case part.Data == "h4" || part.Data == "h3":
				title = textOf(part)
			case slices.Contains([]string{"empty", "problem"}, attributeOf(part, "class")):
				problem = textOf(part)
			}
		}
		if problem != "" && emptyPanels[title] == "" {
			empty = append(empty, title+": "+problem)
		}
	}
	return panels, empty
}

func attributeOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var text strings.Builder
	for part := range n.Descendants() {
		if part.Type == html.TextNode {
			text.WriteString(part.Data)
		}
	}
	return strings.TrimSpace(text.String())
}
