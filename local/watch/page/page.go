// Package page renders panels and their values as a page of HTML. The page loads nothing, runs no
// script, and is readable on a phone and in light and dark. The package is pure: another package
// gets the values from Prometheus.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"time"

	"github.com/vllm-eks/vllm-eks/components/monitoring/dashboards"
	"github.com/vllm-eks/vllm-eks/local/watch/prometheus"
)

// Page holds the contents of a page.
type Page struct {
	// Title is the name of the page.
	Title string
	// Window is the time of the charts. The times of the page are in the zone of its end.
	Window prometheus.Window
	// Refresh is the time after which a browser loads the page again. Default: never.
	Refresh time.Duration
	// Problem replaces the sections. Default: none.
	Problem string
	// Models are the models that readers choose from, by a reload of the page with the
	// parameter model. Default: none, and no links.
	Models []string
	// Events are marked in each chart, in the order of their times.
	Events []Event
	// EventsProblem says why events are missing. Default: none is missing.
	EventsProblem string
	// Sections are in the order of the page.
	Sections []Section
}

// Event is a time that the charts mark.
type Event struct {
	// Seconds is the time in seconds since 1970.
	Seconds float64
	// Text is shown to users.
	Text string
}

// Section shows one dashboard.
type Section struct {
	// ID is the fragment of the section's address.
	ID string
	// Title and Description are shown to users.
	Title, Description string
	// Model is the model that the section shows. Default: all models.
	Model string
	Rows  []Row
}

// Row is a titled group of panels.
type Row struct {
	Title  string
	Panels []Panel
}

// Panel is a panel of a dashboard with its values.
type Panel struct {
	dashboards.Panel
	// Results holds the series of each query of the panel.
	Results [][]prometheus.Series
	// Problem replaces the values. Default: none.
	Problem string
}

var (
	//go:embed page.html
	layout string
	//go:embed page.css
	style string
)

// Policy returns the Content-Security-Policy of a page: it permits the page's own style, and
// nothing else.
// https://www.w3.org/TR/CSP3/
func Policy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

// Render returns a page as HTML.
func Render(p Page) ([]byte, error) {
	parsed, err := template.New("page").Parse(layout)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, p.view()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
