// Package helm holds docs/aws.md to Helm, by the library that the Kubernetes
// provider is built with: what it says of an interrupted Helm release repairs
// that release. It is a module of its own, since nothing else needs Helm.
package helm
