package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/vllm-eks/vllm-eks/local/standin/aws/account"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// defaulted is the key in a resource's inputs that lists the inputs that the program did not
// set, as in the real provider.
const defaulted = "__defaults"

// Check completes the inputs, and reports those that AWS or its provider would refuse.
func (p *provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news, err := shape.Unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := shape.Unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	k, err := account.KindOf(typeOf(req.GetUrn()))
	if err != nil {
		return nil, err
	}
	for _, name := range k.Documents {
		if document := news[resource.PropertyKey(name)]; document.IsObject() && !document.ContainsUnknowns() {
			text, err := json.Marshal(shape.Plain(document.ObjectValue()))
			if err != nil {
				return nil, err
			}
			news[resource.PropertyKey(name)] = resource.NewProperty(string(text))
		}
	}
	if err := assignName(k, req, news, olds); err != nil {
		return nil, err
	}
	problems, err := p.session.Check(typeOf(req.GetUrn()), shape.Plain(news))
	if err != nil {
		return nil, err
	}
	inputs, err := shape.Marshal(news)
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: problems.Failures()}, err
}

// assignName names a resource without a name: with its current name, or with the program's name
// and seven random digits, like the real provider.
func assignName(k *account.Kind, req *pulumirpc.CheckRequest, news, olds resource.PropertyMap) error {
	key := resource.PropertyKey(k.Name)
	if k.Name == "" || news.HasValue(key) || news.HasValue(resource.PropertyKey(k.Prefix)) {
		return nil
	}
	if old := olds[key]; old.IsString() && olds.HasValue(defaulted) {
		news[key] = old
	} else if naming := req.GetAutonaming(); naming != nil && naming.GetProposedName() != "" {
		news[key] = resource.NewProperty(naming.GetProposedName())
	} else {
		name, err := resource.NewUniqueName(req.GetRandomSeed(), nameOf(req.GetUrn())+"-", 7, k.MaxName, nil)
		if err != nil {
			return err
		}
		news[key] = resource.NewProperty(name)
	}
	news[defaulted] = resource.NewProperty([]resource.PropertyValue{resource.NewProperty(k.Name)})
	return nil
}

// Diff compares the inputs of an existing resource with the new ones.
func (p *provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	inputs, err := unmarshalAll(req.GetOldInputs(), req.GetNews(), req.GetOlds())
	if err != nil {
		return nil, err
	}
	olds, news, state := shape.Plain(inputs[0]), shape.Plain(inputs[1]), shape.Plain(inputs[2])
	k, err := account.KindOf(typeOf(req.GetUrn()))
	if err != nil {
		return nil, err
	}
	changes, err := p.session.Diff(typeOf(req.GetUrn()), olds, news, state)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{}}
	for _, change := range changes {
		if strings.HasPrefix(change.Path, defaulted) {
			continue
		}
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.DetailedDiff[change.Path] = &pulumirpc.PropertyDiff{Kind: kindOf(change), InputDiff: change.Path != "tagsAll"}
		if property, _, _ := strings.Cut(change.Path, "."); !slices.Contains(response.Diffs, property) {
			response.Diffs = append(response.Diffs, property)
		}
		if change.Replace {
			response.Replaces = append(response.Replaces, change.Path)
		}
	}
	// Two resources cannot have one name that the program chose.
	named := k.Name != "" && news[k.Name] != nil && news[defaulted] == nil
	response.DeleteBeforeReplace = len(response.Replaces) > 0 && named && olds[k.Name] == news[k.Name]
	return response, nil
}

func kindOf(change account.Change) pulumirpc.PropertyDiff_Kind {
	kind := map[byte]pulumirpc.PropertyDiff_Kind{
		'+': pulumirpc.PropertyDiff_ADD, '-': pulumirpc.PropertyDiff_DELETE, '~': pulumirpc.PropertyDiff_UPDATE,
	}[change.Kind]
	if change.Replace {
		kind++ // the next kind is the one of a replacement
	}
	return kind
}

// Create creates a resource, or in a preview returns its known outputs.
func (p *provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs, err := shape.Unmarshal(req.GetProperties())
	if err != nil {
		return nil, err
	}
	typ := typeOf(req.GetUrn())
	if req.GetPreview() {
		expected, err := p.session.Preview(typ, shape.Plain(inputs), nil)
		if err != nil {
			return nil, err
		}
		state, err := state(expected, inputs)
		return &pulumirpc.CreateResponse{Properties: state}, err
	}
	if err := p.takeTime(ctx, typ); err != nil {
		return nil, err
	}
	r, err := p.session.Create(typ, req.GetUrn(), shape.Plain(inputs))
	if err != nil {
		return nil, err
	}
	state, err := state(r.Outputs, inputs)
	return &pulumirpc.CreateResponse{Id: r.ID, Properties: state}, err
}

// slowType is the environment variable with a type whose creation takes some seconds, for tests
// that interrupt it.
const slowType = "VLLM_EKS_SIMULATED_SLOW"

func (p *provider) takeTime(ctx context.Context, typ string) error {
	if os.Getenv(slowType) != typ {
		return nil
	}
	select {
	case <-time.After(10 * time.Second):
		return nil
	case <-p.cancelled.Done():
		return fmt.Errorf("creating %s was cancelled", typ)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Update changes a resource's inputs, or in a preview returns its known outputs.
func (p *provider) Update(_ context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	values, err := unmarshalAll(req.GetNews(), req.GetOldInputs(), req.GetOlds())
	if err != nil {
		return nil, err
	}
	typ, inputs := typeOf(req.GetUrn()), values[0]
	if req.GetPreview() {
		before := &account.Record{Inputs: shape.Plain(values[1]), Outputs: shape.Plain(values[2])}
		if err := p.session.TryUpdate(typ, req.GetId(), shape.Plain(inputs), before.Outputs); err != nil {
			return nil, err
		}
		expected, err := p.session.Preview(typ, shape.Plain(inputs), before)
		if err != nil {
			return nil, err
		}
		state, err := state(expected, inputs)
		return &pulumirpc.UpdateResponse{Properties: state}, err
	}
	r, err := p.session.Update(typ, req.GetId(), shape.Plain(inputs), shape.Plain(values[2]))
	var unfinished *account.UnfinishedError
	if errors.As(err, &unfinished) {
		return nil, recorded(unfinished, req, inputs)
	}
	if err != nil {
		return nil, err
	}
	state, err := state(r.Outputs, inputs)
	return &pulumirpc.UpdateResponse{Properties: state}, err
}

// recorded returns an error that makes Pulumi record the planned values.
func recorded(unfinished *account.UnfinishedError, req *pulumirpc.UpdateRequest, inputs resource.PropertyMap) error {
	planned, err := state(unfinished.Planned.Outputs, inputs)
	if err != nil {
		return err
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, unfinished.Error()), &pulumirpc.ErrorResourceInitFailed{
		Id: req.GetId(), Properties: planned, Inputs: req.GetNews(), Reasons: []string{unfinished.Error()},
	})
}

// Read returns the resource in the account. A deleted resource has an empty ID.
func (p *provider) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	inputs, err := shape.Unmarshal(req.GetInputs())
	if err != nil {
		return nil, err
	}
	r, err := p.session.Read(typeOf(req.GetUrn()), req.GetId())
	if err != nil || r == nil {
		return &pulumirpc.ReadResponse{}, err
	}
	response := &pulumirpc.ReadResponse{Id: r.ID}
	if response.Inputs, err = state(r.Inputs, inputs); err != nil {
		return nil, err
	}
	response.Properties, err = state(r.Outputs, inputs)
	return response, err
}

// Delete deletes a resource.
func (p *provider) Delete(_ context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, p.session.Delete(typeOf(req.GetUrn()), req.GetId())
}

// state returns outputs in which values of secret inputs are secret.
func state(outputs map[string]any, inputs resource.PropertyMap) (*structpb.Struct, error) {
	properties := shape.Properties(outputs)
	for key, value := range inputs {
		if _, has := properties[key]; has && value.ContainsSecrets() {
			properties[key] = resource.MakeSecret(properties[key])
		}
	}
	return shape.Marshal(properties)
}

func unmarshalAll(props ...*structpb.Struct) ([]resource.PropertyMap, error) {
	var decoded []resource.PropertyMap
	for _, encoded := range props {
		read, err := shape.Unmarshal(encoded)
		if err != nil {
			return nil, err
		}
		decoded = append(decoded, read)
	}
	return decoded, nil
}
