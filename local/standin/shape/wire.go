package shape

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// wire keeps what a preview does not know, and which values are secret. Assets are refused.
var wire = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true, RejectAssets: true}

// Unmarshal returns the properties of a message of the engine.
func Unmarshal(message *structpb.Struct) (resource.PropertyMap, error) {
	return plugin.UnmarshalProperties(message, wire)
}

// Marshal returns properties as a message for the engine.
func Marshal(properties resource.PropertyMap) (*structpb.Struct, error) {
	return plugin.MarshalProperties(properties, wire)
}

// Failures returns the problems as the engine reports them.
func (p Problems) Failures() []*pulumirpc.CheckFailure {
	var failures []*pulumirpc.CheckFailure
	for _, problem := range p {
		failures = append(failures, &pulumirpc.CheckFailure{Property: problem.Place, Reason: problem.Text})
	}
	return failures
}
