// Package e2e holds the tests that need everything: the real Pulumi engine
// deploys the real program to the embedded Kubernetes, and real clients use
// what it deployed. They run with the build tag `cluster`, after `make up` or
// the test command has brought the cluster up.
package e2e
