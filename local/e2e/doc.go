// Package e2e holds the tests that need everything: the real Pulumi engine
// deploys the real program to the embedded Kubernetes, and real clients use
// what it deployed. Build tags choose among them: `engine` for the stacks on AWS,
// which the engine takes through their lives on a simulated account, `cluster`
// for those that run after `make up` or the test command has brought the cluster
// up, `lifecycle` for the one that runs the Makefile's commands and removes the
// local environment, `budget` for measurements that are run by hand, `faults` for
// autoscaling while parts of it are gone.
package e2e
