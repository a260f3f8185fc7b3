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
	mu    sync.Mutex
	lines []string
}

// Log stores a message.
func (m *Messages) Log(_ context.Context, _ diag.Severity, _ resource.URN, message string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, message)
	return nil
}

// Lines returns all messages in order.
func (m *Messages) Lines() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.lines)
}

// All returns all messages as one text.
func (m *Messages) All() string { return strings.Join(m.Lines(), "\n") }
