// Package helm tests the documentation with the libraries of Helm and of kubectl: the documented
// commands repair an interrupted Helm release, and kubectl accepts every documented call. It is a
// module of its own, since nothing else needs them.
package helm
