package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/vllm-eks/vllm-eks/internal/stacktest/awsdata"
	"github.com/vllm-eks/vllm-eks/local/standin/aws/account"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// version is the reported version: the release that the SDK requires, with build metadata that
// version comparison ignores.
const version = "6.83.0+standin"

// accountFolder is the environment variable with the folder of the simulated account. Only this
// repository's commands set it.
const accountFolder = "VLLM_EKS_SIMULATED_ACCOUNT"

// announcement is logged once per operation and provider.
const announcement = "SIMULATED: the AWS provider and its account are simulated; no request is sent to AWS"

// host receives messages for the user.
type host interface {
	Log(ctx context.Context, severity diag.Severity, urn resource.URN, message string) error
}

// provider is one configured AWS provider.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer

	host      host
	session   *account.Session
	cancelled context.Context
	cancel    context.CancelFunc
}

func newProvider(h host) *provider {
	ctx, cancel := context.WithCancel(context.Background())
	return &provider{host: h, cancelled: ctx, cancel: cancel}
}

// GetPluginInfo returns the version.
func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// Cancel ends operations in progress.
func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// CheckConfig compares the provider's inputs with the SDK's type.
func (p *provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news, err := shape.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	problems := account.CheckProvider(aws.ProviderArgs{}, settings(news))
	return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: problems.Failures()}, nil
}

// settings returns a provider's inputs. The engine sends all but strings as JSON.
func settings(news resource.PropertyMap) map[string]any {
	decoded := map[string]any{}
	for name, value := range shape.Plain(news) {
		var v any
		text, isText := value.(string)
		if isText && json.Unmarshal([]byte(text), &v) == nil && name != "region" && name != "profile" {
			value = v
		}
		if name != "version" && name != "pluginDownloadURL" {
			decoded[name] = value
		}
	}
	return decoded
}

// DiffConfig compares two configurations. Another region replaces every resource.
func (p *provider) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := shape.Unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := shape.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	if diff := olds.Diff(news); diff != nil {
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		for _, key := range diff.ChangedKeys() {
			response.Diffs = append(response.Diffs, string(key))
		}
		slices.Sort(response.Diffs)
		if slices.Contains(response.Diffs, "region") {
			response.Replaces = []string{"region"}
		}
	}
	return response, nil
}

// Configure opens the simulated account. It returns an error if no account is set.
func (p *provider) Configure(ctx context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	folder := os.Getenv(accountFolder)
	if folder == "" {
		return nil, errors.New("this is a simulated AWS provider, for `make preview` and tests only; for AWS, run: pulumi plugin install resource aws 6.83.0")
	}
	args, err := shape.Unmarshal(req.GetArgs())
	if err != nil {
		return nil, err
	}
	decoded := settings(args)
	region, _ := decoded["region"].(string)
	if region == "" {
		return nil, errors.New("the AWS provider has no region; set aws:region")
	}
	tags := map[string]string{}
	if defaults, present := decoded["defaultTags"].(map[string]any); present {
		declared, _ := defaults["tags"].(map[string]any)
		for key, value := range declared {
			tags[key], _ = value.(string)
		}
	}
	p.session = account.Open(folder, region, tags)
	if p.host != nil {
		// A lost message is not an error.
		_ = p.host.Log(ctx, diag.Info, "", announcement)
		if !awsdata.Surveyed(region) {
			_ = p.host.Log(ctx, diag.Info, "", "aws:region: in "+region+" the simulated account has every instance type in every zone, and AWS may not; check with pulumi preview and credentials")
		}
	}
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, SupportsAutonamingConfiguration: true}, nil
}

// Invoke returns the result of a function.
func (p *provider) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	args, err := shape.Unmarshal(req.GetArgs())
	if err != nil {
		return nil, err
	}
	answer, problems, err := p.session.Call(req.GetTok(), shape.Plain(args))
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.InvokeResponse{}
	for _, problem := range problems {
		response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Property: problem.Place, Reason: problem.Text})
	}
	response.Return, err = shape.Marshal(shape.Properties(answer))
	return response, err
}

// typeOf returns the type of a resource.
func typeOf(urn string) string { return string(resource.URN(urn).Type()) }

// nameOf returns the name of a resource in the program.
func nameOf(urn string) string {
	name := resource.URN(urn).Name()
	return name[strings.LastIndex(name, "/")+1:]
}
