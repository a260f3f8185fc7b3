package page

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
)

// hour is a window with a value each quarter of an hour.
var hour = prometheus.Window{
	Start: time.Date(2026, 1, 2, 13, 0, 0, 0, time.UTC), End: time.Date(2026, 1, 2, 14, 0, 0, 0, time.UTC), Step: 15 * time.Minute,
}

// series returns a series with values at the start of the hour and each quarter after it.
func series(labels map[string]string, values ...float64) prometheus.Series {
	s := prometheus.Series{Labels: labels}
	for i, value := range values {
		s.Points = append(s.Points, prometheus.Point{Seconds: unix(hour.Start) + 900*float64(i), Value: value})
	}
	return s
}

// load returns a chart of two models and their target.
func load() Panel {
	return Panel{
		Panel: dashboards.Panel{
			Title: "Load", Description: "Requests of each model.", Unit: dashboards.Count, Width: 12,
			Queries: []dashboards.Query{{Legend: "{{service}}"}, {Legend: "{{service}}, target", Reference: true}},
		},
		Results: [][]prometheus.Series{
			{series(map[string]string{"service": "code"}, 4, 3, 2, 1, 0), series(map[string]string{"service": "chat"}, 0, 1000, 2000, 1500)},
			{series(map[string]string{"service": "code"}, 5, 5, 5, 5, 5)},
		},
	}
}

// pageWith returns a page with panels in one section.
func pageWith(panels ...Panel) Page {
	return Page{Title: "Models", Window: hour, Sections: []Section{{ID: "load", Title: "Load", Description: "Shows load.", Rows: []Row{{Title: "Now", Panels: panels}}}}}
}

// render returns the parsed page.
func render(t *testing.T, p Page) *html.Node {
	t.Helper()
	text, err := Render(p)
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// elements returns the elements with a tag, and with a class if it is not empty.
func elements(root *html.Node, tag, class string) []*html.Node {
	var list []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == tag && (class == "" || slices.Contains(strings.Fields(attribute(n, "class")), class)) {
			list = append(list, n)
		}
	}
	return list
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text returns the text of a node, with single spaces.
func text(root *html.Node) string {
	var words []string
	for n := range root.Descendants() {
		if n.Type == html.TextNode {
			words = append(words, strings.Fields(n.Data)...)
		}
	}
	return strings.Join(words, " ")
}

// texts returns the text of each element of a query.
func texts(list []*html.Node) []string {
	var found []string
	for _, n := range list {
		found = append(found, text(n))
	}
	return found
}

// only returns the one element of a query.
func only(t *testing.T, list []*html.Node) *html.Node {
	t.Helper()
	if len(list) != 1 {
		t.Fatalf("there are %d elements, want one", len(list))
	}
	return list[0]
}

func TestChart(t *testing.T) {
	article := only(t, elements(render(t, pageWith(load())), "article", "w12"))
	if got := text(only(t, elements(article, "h4", ""))) + ": " + text(only(t, elements(article, "p", ""))); got != "Load: Requests of each model." {
		t.Errorf("the title and the description are %q", got)
	}
	if got := text(only(t, elements(article, "ol", "y"))); got != "2 k 1.5 k 1 k 500 0" {
		t.Errorf("the vertical axis is %q", got)
	}
	if got := text(only(t, elements(article, "ol", "x"))); got != "13:00 13:15 13:30 13:45 14:00" {
		t.Errorf("the horizontal axis is %q", got)
	}
	if got, want := texts(elements(only(t, elements(article, "dl", "legend")), "div", "")), []string{"chat –", "code 0", "code, target 5"}; !slices.Equal(got, want) {
		t.Errorf("the legend is %q, want %q", got, want)
	}
	var got []string
	for _, path := range elements(article, "path", "line") {
		got = append(got, attribute(path, "class")+" "+text(path)+" "+attribute(path, "d"))
	}
	want := []string{
		"line c0 chat M0.0 200.0L250.0 100.0L500.0 0.0L750.0 50.0",
		"line c1 code M0.0 199.6L250.0 199.7L500.0 199.8L750.0 199.9L1000.0 200.0",
		"line c1 reference code, target M0.0 199.5L250.0 199.5L500.0 199.5L750.0 199.5L1000.0 199.5",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the lines are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestGap(t *testing.T) {
	p := load()
	s := series(nil, 100, 50, 0, 100, 100)
	s.Points = slices.Delete(s.Points, 2, 3) // NaN, which the client leaves out
	p.Results = [][]prometheus.Series{{s}, nil}
	path := only(t, elements(render(t, pageWith(p)), "path", "line"))
	if got, want := attribute(path, "d"), "M0.0 0.0L250.0 100.0M750.0 0.0L1000.0 0.0"; got != want {
		t.Errorf("the line is %s, want %s", got, want)
	}
	p.Results[0][0].Points = s.Points[1:2]
	path = only(t, elements(render(t, pageWith(p)), "path", "line"))
	if got, want := attribute(path, "d"), "M250.0 0.0h0.1"; got != want {
		t.Errorf("a single value is %s, want the dot %s", got, want)
	}
}

func TestStacked(t *testing.T) {
	p := load()
	p.Stacked = true
	p.Results = [][]prometheus.Series{{series(map[string]string{"service": "a"}, 1, 1), series(map[string]string{"service": "b"}, 0, 3)}, nil}
	root := render(t, pageWith(p))
	var got []string
	for _, path := range elements(root, "path", "area") {
		got = append(got, attribute(path, "d"))
	}
	want := []string{
		"M0.0 150.0L250.0 150.0L250.0 200.0L0.0 200.0Z",
		"M0.0 150.0L250.0 0.0L250.0 150.0L0.0 150.0Z",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the areas are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNumbers(t *testing.T) {
	p := load()
	p.Kind, p.Unit = dashboards.Number, dashboards.Share
	p.Results = [][]prometheus.Series{
		{series(map[string]string{"service": "chat"}, 0, 0, 0, 0, .982)},
		{series(map[string]string{"service": "chat"}, .95)}, // ended
	}
	got := texts(elements(only(t, elements(render(t, pageWith(p)), "dl", "numbers")), "div", ""))
	if want := []string{"chat 98.2 %", "chat, target –"}; !slices.Equal(got, want) {
		t.Errorf("the numbers are %q, want %q", got, want)
	}
}

func TestNameWithoutLabels(t *testing.T) {
	p := load()
	p.Results = [][]prometheus.Series{{series(nil, 1)}, {series(nil, 2)}}
	p.Queries[1].Legend = "{{service}}, {{reason}}"
	if got, want := texts(elements(render(t, pageWith(p)), "dt", "")), []string{"–", "–"}; !slices.Equal(got, want) {
		t.Errorf("the names are %q, want %q", got, want)
	}
}

func TestTable(t *testing.T) {
	model := func(name string) map[string]string {
		return map[string]string{"namespace": "inference", "service": name}
	}
	p := Panel{
		Panel: dashboards.Panel{Title: "Models", Kind: dashboards.Table, Unit: dashboards.Count, Width: 24, Queries: []dashboards.Query{{Legend: "Ready"}, {Legend: "TTFT", Unit: dashboards.Seconds}}},
		Results: [][]prometheus.Series{
			{series(model("code"), 0, 0, 0, 0, 2), series(model("chat"), 0, 0, 0, 0, 1)},
			{series(model("chat"), 0, 0, 0, 0, .25)},
		},
	}
	page := pageWith(p)
	page.Models = []string{"inference/chat"}
	root := only(t, elements(render(t, page), "table", ""))
	if got, want := texts(elements(root, "tr", "")), []string{"Model Ready TTFT", "inference/chat 1 250 ms", "inference/code 2 –"}; !slices.Equal(got, want) {
		t.Errorf("the table is %q, want %q", got, want)
	}
	if got := attribute(only(t, elements(root, "a", "")), "href"); got != "?model=inference%2fchat#model" {
		t.Errorf("the link is %s", got)
	}
}

func TestWithoutData(t *testing.T) {
	empty, failed := load(), load()
	empty.Results = [][]prometheus.Series{nil, {{}}}
	failed.Problem = "prometheus: the query failed: timed out"
	articles := texts(elements(render(t, pageWith(empty, failed)), "article", ""))
	if want := []string{"Load Requests of each model. no data", "Load Requests of each model. prometheus: the query failed: timed out"}; !slices.Equal(articles, want) {
		t.Errorf("the panels are %q, want %q", articles, want)
	}
}

func TestEvents(t *testing.T) {
	page := pageWith(load())
	page.Events = []Event{{unix(hour.Start) + 1800, "chat: another number of replicas"}}
	root := render(t, page)
	mark := only(t, elements(root, "path", "mark"))
	if got := attribute(mark, "d") + " " + text(mark); got != "M500.0 0V200 13:30:00 chat: another number of replicas" {
		t.Errorf("the mark is %s", got)
	}
	if got := text(only(t, elements(root, "details", "events"))); got != "Events: 1, the dotted vertical lines 13:30:00 chat: another number of replicas" {
		t.Errorf("the events are %s", got)
	}
}

func TestProblem(t *testing.T) {
	root := render(t, Page{Title: "Models", Window: hour, Problem: "rules: missing"})
	if got := text(only(t, elements(root, "p", "problem"))); got != "rules: missing" {
		t.Errorf("the problem is %q", got)
	}
}

// TestEscapes checks that labels of series cannot add elements or attributes.
func TestEscapes(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror='alert(2)'>`
	labels := map[string]string{"service": evil, "namespace": evil}
	panel := load()
	panel.Results = [][]prometheus.Series{{series(labels, 1, 2, 3, 4, 5)}, {series(labels, 1, 2)}}
	numbers, models, failed := panel, panel, panel
	numbers.Kind, models.Kind, failed.Problem = dashboards.Number, dashboards.Table, evil
	page := pageWith(panel, numbers, models, failed)
	page.Models = []string{evil + "/" + evil}
	page.Events = []Event{{unix(hour.Start), evil}}
	page.Problem, page.Sections[0].Model = evil, page.Models[0]
	root := render(t, page)
	for n := range root.Descendants() {
		if n.DataAtom == atom.Script || n.DataAtom == atom.Img {
			t.Errorf("a label added the element %s", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("the element %s has the attribute %s", n.Data, a.Key)
			}
		}
	}
	if got := text(elements(only(t, elements(root, "dl", "numbers")), "div", "")[0]); !strings.HasPrefix(got, evil) {
		t.Errorf("the name is %q, want %q", got, evil)
	}
}

// TestPageLoadsNothing checks that a page has no element that loads something, and that its
// policy permits its own style only.
func TestPageLoadsNothing(t *testing.T) {
	page := pageWith(load())
	page.Refresh = 30 * time.Second
	root := render(t, page)
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "src" || a.Key == "srcset" || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
				t.Errorf("the element %s loads %s", n.Data, a.Val)
			}
		}
		if slices.Contains([]string{"script", "link", "iframe", "object"}, n.Data) && n.Type == html.ElementNode {
			t.Errorf("the page has an element %s", n.Data)
		}
	}
	css := only(t, elements(root, "style", "")).FirstChild.Data
	if strings.Contains(css, "url(") || strings.Contains(css, "@import") {
		t.Error("the style loads something")
	}
	sum := sha256.Sum256([]byte(css))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	found := map[string]string{}
	for _, meta := range elements(root, "meta", "") {
		found[attribute(meta, "http-equiv")] = attribute(meta, "content")
	}
	if found["Content-Security-Policy"] != want || Policy() != want {
		t.Errorf("the policy is %s, want %s", found["Content-Security-Policy"], want)
	}
	if found["refresh"] != "30" {
		t.Errorf("the page loads again after %q s, want 30", found["refresh"])
	}
}
