package stacktest

import (
	"log"
	"os"
	"strings"
	"testing"
)

// Main runs the tests of a package in the same way on every machine.
func Main(m *testing.M) {
	if err := Isolate(); err != nil {
		log.Fatal(err)
	}
	os.Exit(m.Run())
}

// Isolate removes the variables from which the Kubernetes SDK takes a provider's
// defaults, so that a recording does not depend on the machine.
func Isolate() error {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if name != "KUBECONFIG" && !strings.HasPrefix(name, "PULUMI_") {
			continue
		}
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	return nil
}
