// Package helm tests docs/aws.md with the Helm library of the Kubernetes provider: the documented
// commands repair an interrupted Helm release. It is a module of its own, since nothing else needs
// Helm.
package helm
