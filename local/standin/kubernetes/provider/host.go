package provider

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// announcement appears once per operation, since the engine starts a provider
// for each.
const announcement = "SIMULATED: this is the Kubernetes provider's stand-in, not pulumi-kubernetes 4.28.0; the cluster is real"

// Host is where messages for the user go.
type Host interface {
	Log(ctx context.Context, severity diag.Severity, urn resource.URN, message string) error
	LogStatus(ctx context.Context, severity diag.Severity, urn resource.URN, message string) error
}

// log adds a lasting message. Losing one is no reason to fail an operation.
func (p *Provider) log(ctx context.Context, severity diag.Severity, urn resource.URN, message string) {
	if host := p.logger(); host != nil {
		_ = host.Log(ctx, severity, urn, p.redactor.Clean(message))
	}
}

// progress replaces the line beside a resource while the engine works on it.
func (p *Provider) progress(ctx context.Context, urn resource.URN) func(string) {
	return func(message string) {
		if host := p.logger(); host != nil {
			_ = host.LogStatus(ctx, diag.Info, urn, p.redactor.Clean(message))
		}
	}
}

func (p *Provider) logger() Host {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.host
}

// clean returns the error without the secret values that a server or a
// container may have put into it. Cleaned, it is text only: what it wraps would
// still have the values.
func (p *Provider) clean(err error) error {
	if err == nil {
		return nil
	}
	text := p.redactor.Clean(err.Error())
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
