// Package e2e holds the end-to-end tests: the real Pulumi engine deploys the real program to
// the embedded Kubernetes, and real clients send requests. Build tags select the tests.
// `engine`: stacks on a simulated AWS account, from creation to destroy. `cluster`: tests on a
// cluster that `make up` or the test command started. `lifecycle`: the Makefile's commands; it
// removes the local environment. `budget`: measurements of fifty replicas. `faults`: alerts
// of models with a fault, and autoscaling while a part of it fails.
package e2e
