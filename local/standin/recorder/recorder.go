// Package recorder stands in for the engine's side of a plugin's messages, so
// that tests can see what a user would.
package recorder

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Messages collects messages from any number of goroutines. The zero value is
// ready to use.
type Messages struct {
	mu       sync.Mutex
	lines    []string
	warnings []string
}

// Log keeps a lasting message.
func (m *Messages) Log(_ context.Context, severity diag.Severity, _ resource.URN, message string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, message)
	if severity == diag.Warning {
		m.warnings = append(m.warnings, message)
	}
	return nil
}

// LogStatus keeps a line of progress, which is no warning whatever its severity:
// the next one replaces it.
func (m *Messages) LogStatus(ctx context.Context, _ diag.Severity, urn resource.URN, message string) error {
	return m.Log(ctx, diag.Info, urn, message)
}

// Lines are all messages in their order.
func (m *Messages) Lines() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.lines)
}

// All is Lines as one text.
func (m *Messages) All() string { return strings.Join(m.Lines(), "\n") }

// Warnings are the lasting messages that are warnings.
func (m *Messages) Warnings() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.warnings)
}
