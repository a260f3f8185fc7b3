package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/vllm-eks/vllm-eks/local/standin/incluster"
	"github.com/vllm-eks/vllm-eks/local/standin/shape"
)

// Create adds an object to the state. The object exists nowhere else.
func (p *provider) Create(_ context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	id, properties, err := p.apply(req.GetUrn(), req.GetProperties(), req.GetPreview())
	if req.GetPreview() {
		id = ""
	}
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, err
}

// Update changes an object in the state.
func (p *provider) Update(_ context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	_, properties, err := p.apply(req.GetUrn(), req.GetNews(), req.GetPreview())
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

// Read returns an object as the state has it.
func (p *provider) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}, nil
}

// Delete removes an object. Controllers of the cluster that run clean up.
func (p *provider) Delete(_ context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	gvk, err := kindOf(resource.URN(req.GetUrn()))
	if err == nil {
		err = p.reach()
	}
	if err != nil {
		return nil, err
	}
	namespace, name := parseIdentifier(req.GetId())
	return &emptypb.Empty{}, incluster.FromEnvironment().Deleted(p.server, gvk.Kind, namespace, name)
}

// apply returns the ID and the state of an object. Unless it is a preview, it tells the
// simulated account, where a controller may create something for the object.
func (p *provider) apply(urn string, inputs *structpb.Struct, preview bool) (id string, properties *structpb.Struct, err error) {
	gvk, err := kindOf(resource.URN(urn))
	if err != nil {
		return "", nil, err
	}
	news, err := shape.Unmarshal(inputs)
	if err != nil {
		return "", nil, err
	}
	if !preview {
		if news.ContainsUnknowns() {
			return "", nil, fmt.Errorf("%s: a value is not known at the time of the update", gvk.Kind)
		}
		if err := p.reach(); err != nil {
			return "", nil, err
		}
	}
	plain := shape.Plain(news)
	named := plain
	if gvk == release {
		news["status"] = releaseStatus(news, preview)
	} else {
		named, _ = plain["metadata"].(map[string]any)
	}
	namespace, _ := named["namespace"].(string)
	name, _ := named["name"].(string)
	if !preview {
		err = incluster.FromEnvironment().Created(p.server, gvk.Kind, namespace, name, plain)
	}
	if err == nil {
		properties, err = shape.Marshal(news)
	}
	return identifier(namespace, name), properties, err
}

func releaseStatus(inputs resource.PropertyMap, preview bool) resource.PropertyValue {
	if preview {
		return resource.MakeComputed(resource.NewProperty(""))
	}
	return resource.NewProperty(resource.PropertyMap{
		"name": inputs["name"], "namespace": inputs["namespace"], "chart": inputs["chart"],
		"status": resource.NewProperty("deployed"), "revision": resource.NewProperty(1.0),
	})
}

// reach refuses to change objects of a cluster that could not be reached when the
// provider was configured: as the real one, it does not try again.
// https://github.com/pulumi/pulumi-kubernetes v4.28.0, provider/pkg/provider/provider.go, Configure
func (p *provider) reach() error {
	if p.unreachable != "" {
		return fmt.Errorf("configured Kubernetes cluster is unreachable: unable to load schema information from the API server: %s", p.unreachable)
	}
	return nil
}

// identifier returns the resource's ID: namespace/name, or the name alone.
func identifier(namespace, name string) string {
	return strings.TrimPrefix(namespace+"/"+name, "/")
}

func parseIdentifier(id string) (namespace, name string) {
	if before, after, found := strings.Cut(id, "/"); found {
		return before, after
	}
	return "", id
}
