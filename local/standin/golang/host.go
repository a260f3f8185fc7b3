package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// version is the reported version. The build metadata marks it as simulated.
const version = "3.259.0+standin"

const announcement = "SIMULATED: a replacement of pulumi-language-go runs the program; the program is real"

// logger is the engine's interface for messages to the user.
type logger interface {
	Log(ctx context.Context, severity diag.Severity, urn resource.URN, message string) error
}

// languageHost serves one engine.
type languageHost struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engineAddress string
	engine        logger
	// stopped ends the running program.
	stopped context.Context
	stop    context.CancelFunc
}

func newHost(engineAddress string, engine logger) *languageHost {
	ctx, cancel := context.WithCancel(context.Background())
	return &languageHost{engineAddress: engineAddress, engine: engine, stopped: ctx, stop: cancel}
}

// Handshake does nothing, because each request has all paths.
func (h *languageHost) Handshake(context.Context, *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo returns the version.
func (h *languageHost) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// Cancel ends the running program.
func (h *languageHost) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.stop()
	return &emptypb.Empty{}, nil
}

// RuntimeOptionsPrompts returns no questions.
func (h *languageHost) RuntimeOptionsPrompts(context.Context, *pulumirpc.RuntimeOptionsRequest) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// Template adds nothing to a new project.
func (h *languageHost) Template(context.Context, *pulumirpc.TemplateRequest) (*pulumirpc.TemplateResponse, error) {
	return &pulumirpc.TemplateResponse{}, nil
}

// About describes the Go toolchain.
func (h *languageHost) About(ctx context.Context, _ *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	path, err := goTool()
	if err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, path, "version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s version: %w", path, err)
	}
	return &pulumirpc.AboutResponse{
		Executable: path,
		Version:    strings.TrimSpace(string(out)),
		Metadata:   map[string]string{"languageHost": version, "platform": runtime.GOOS + "/" + runtime.GOARCH},
	}, nil
}

// operation returns a context that ends with the call or when the host is stopped.
func (h *languageHost) operation(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(h.stopped, cancel)
	return ctx, func() { unhook(); cancel() }
}

// nameTheGap returns an error for an unsupported method that names the program that supports
// it.
func nameTheGap(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	response, err := handler(ctx, req)
	return response, explainGap(info.FullMethod, err)
}

func nameTheStreamGap(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	return explainGap(info.FullMethod, handler(server, stream))
}

func explainGap(method string, err error) error {
	if status.Code(err) != codes.Unimplemented {
		return err
	}
	name := method[strings.LastIndex(method, "/")+1:]
	return status.Errorf(codes.Unimplemented,
		"%s: the simulated Go language host only runs programs and plug-ins; use the pulumi-language-go of the Pulumi CLI", name)
}

func goTool() (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("PATH: there is no go; install Go, or set runtime.options.binary in Pulumi.yaml to a built program")
	}
	return path, nil
}
