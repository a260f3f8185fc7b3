// Package statuspage builds the manifests of the page with the dashboards that make up serves.
package statuspage

import (
	_ "embed"
	"strings"
)

// Namespace and Service name the Service of the page, at port 80.
const (
	Namespace = "status-page"
	Service   = "status-page"
	Workload  = "deployment/status-page"
)

//go:embed page.yaml
var manifests string

// Manifests returns the objects, with an image of the program watch.
func Manifests(image string) string { return strings.ReplaceAll(manifests, "IMAGE", image) }
