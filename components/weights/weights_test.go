package weights

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/vllm-eks/vllm-eks/internal/problems"
	"github.com/vllm-eks/vllm-eks/internal/problems/problemstest"
	"github.com/vllm-eks/vllm-eks/internal/stacktest"
	weightsspec "github.com/vllm-eks/vllm-eks/spec/weights"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// reader returns a model that reads one folder.
func reader() weightsspec.Reader {
	return weightsspec.Reader{Model: "chat", ID: "mistral", Namespace: "inference", ServiceAccount: "mistral", Bucket: "weights", Folder: "mistral/7b"}
}

// TestARoleReadsOneFolderAlone checks that the policy allows one folder.
func TestARoleReadsOneFolderAlone(t *testing.T) {
	got, err := policy("us-gov-west-1", reader())
	const want = `{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws-us-gov:s3:::weights/mistral/7b/*"]},` +
		`{"Sid":"List","Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws-us-gov:s3:::weights"],"Condition":{"StringLike":{"s3:prefix":["mistral/7b","mistral/7b/*"]}}}]}`
	if err != nil || got != want {
		t.Errorf("the policy is %s, %v; want %s", got, err, want)
	}
}

// TestEveryReaderGetsARole checks readers with and without an existing role, and a
// spec without readers.
func TestEveryReaderGetsARole(t *testing.T) {
	existing, long := reader(), reader()
	existing.RoleARN = "arn:aws:iam::111122223333:role/weights"
	long.ID = strings.Repeat("a", 54)
	const role, inline, association = "aws:iam/role:Role ", "aws:iam/rolePolicy:RolePolicy ", "aws:eks/podIdentityAssociation:PodIdentityAssociation "
	short := "w-" + strings.Repeat("a", 35) + "-"
	tests := map[string]struct {
		readers []weightsspec.Reader
		want    []string
		ready   int
	}{
		"a role of its own":   {[]weightsspec.Reader{reader()}, []string{association + "w-mistral", role + "w-mistral", inline + "w-mistral"}, 3},
		"a role that exists":  {[]weightsspec.Reader{existing}, []string{association + "w-mistral"}, 1},
		"a name that is long": {[]weightsspec.Reader{long}, []string{association + short, role + short, inline + short}, 3},
		"nobody":              {nil, nil, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var component *Weights
			recording, err := stacktest.Record("test", func(ctx *pulumi.Context) error {
				var err error
				component, err = New(ctx, "w", Args{Spec: weightsspec.Spec{Readers: test.readers}, ClusterName: pulumi.String("c"), Region: "us-west-2"})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range recording.Resources() {
				if strings.HasPrefix(r.Type, "vllm-eks:") {
					continue
				}
				got = append(got, r.Type+" "+r.Name)
				if r.Type+" " == association && fmt.Sprint(r.Inputs["namespace"], r.Inputs["serviceAccount"]) != "inferencemistral" {
					t.Errorf("the role is for %v", r.Inputs)
				}
			}
			slices.Sort(got)
			if !slices.EqualFunc(got, test.want, func(registered, want string) bool {
				return registered == want || strings.HasSuffix(want, "-") && strings.HasPrefix(registered, want)
			}) {
				t.Errorf("registered %q, want %q", got, test.want)
			}
			if len(component.ReadyFor("chat")) != test.ready {
				t.Errorf("%d resources to wait for, want %d", len(component.ReadyFor("chat")), test.ready)
			}
		})
	}
}

// TestAnIncompleteReaderIsRefused checks that the error has the name of the model.
func TestAnIncompleteReaderIsRefused(t *testing.T) {
	r := reader()
	r.Folder = ""
	err := problems.Err((weightsspec.Spec{Readers: []weightsspec.Reader{r}}).Validate(field.NewPath("weights")))
	problemstest.Check(t, err, []string{"weights.chat: invalid"}, nil)
}
