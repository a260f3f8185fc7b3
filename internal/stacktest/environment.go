package stacktest

import (
	"log"
	"os"
	"strings"
	"testing"
)

// Main runs the tests of a package alike on every machine.
func Main(m *testing.M) {
	if err := Isolate(); err != nil {
		log.Fatal(err)
	}
	os.Exit(m.Run())
}

// Isolate forgets the variables that the Kubernetes SDK would take a provider's
// defaults from, so that a recording does not depend on whose machine it is.
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
