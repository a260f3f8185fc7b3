// Package recorder receives a plugin's messages instead of the engine, so that tests can read
// them.
package recorder

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Messages collects messages from any number of goroutines. The zero value is ready to use.
type Messages struct {
	mu       sync.Mutex
	lines    []string
	warnings []string
}

// Log stores a lasting message.
func (m *Messages) Log(_ context.Context, severity diag.Severity, _ resource.URN, message string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, message)
	if severity == diag.Warning {
		m.warnings = append(m.warnings, message)
	}
	return nil
}

// LogStatus stores a line of progress. It is not a warning, whatever its severity, because the
// next line replaces it.
func (m *Messages) LogStatus(ctx context.Context, _ diag.Severity, urn resource.URN, message string) error {
	return m.Log(ctx, diag.Info, urn, message)
}

// Lines returns all messages in order.
func (m *Messages) Lines() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.lines)
}

// All is Lines as one text.
func (m *Messages) All() string { return strings.Join(m.Lines(), "\n") }

// Warnings returns the lasting messages that are warnings.
func (m *Messages) Warnings() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.warnings)
}
