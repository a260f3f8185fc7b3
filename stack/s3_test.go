package stack

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/internal/stacktest"
)

// TestAModelInS3CannotReadItsBucketAtTheFirstUp checks that the model's ServiceAccount has
// a role that reads the model's folder, before its pods start.
func TestAModelInS3CannotReadItsBucketAtTheFirstUp(t *testing.T) {
	const inS3 = "s3://weights/Qwen/Qwen3-8B/"
	recording := mustRecord(t, "test", mustParse(t, edited(t, "model: Qwen/Qwen3-8B", "model: "+inS3)))
	policies, associated := 0, ""
	for _, r := range recording.Resources() {
		switch {
		case r.Type == "aws:iam/rolePolicy:RolePolicy" && r.Name == "weights-a":
			policies++
			if text := fmt.Sprint(r.Inputs["policy"]); !strings.Contains(text, `"arn:aws:s3:::weights/Qwen/Qwen3-8B/*"`) || strings.Contains(text, "s3:Put") {
				t.Errorf("the role may %s", text)
			}
		case r.Type == "aws:eks/podIdentityAssociation:PodIdentityAssociation" && r.Name == "weights-a":
			associated = fmt.Sprint(r.Inputs["namespace"], "/", r.Inputs["serviceAccount"])
		case r.Type == "kubernetes:apps/v1:Deployment":
			if !slices.Contains(r.DependsOn, "aws:eks/podIdentityAssociation:PodIdentityAssociation::weights-a") {
				t.Errorf("the pods do not wait for their role: %q", r.DependsOn)
			}
		}
	}
	if policies != 1 || associated != "inference/a" {
		t.Errorf("%d policies, and the role is for %q", policies, associated)
	}
	for name, change := range map[string][]string{
		"keys in a Secret":       {"model: Qwen/Qwen3-8B", "model: " + inS3 + ", storage: {s3: {existingSecret: keys}}"},
		"another ServiceAccount": {"model: Qwen/Qwen3-8B", "model: " + inS3 + ", serviceAccountName: reader"},
		"Hugging Face":           nil,
	} {
		for _, r := range mustRecord(t, "test", mustParse(t, edited(t, change...))).Resources() {
			if strings.HasPrefix(r.Name, "weights") {
				t.Errorf("%s: %s %s is registered", name, r.Type, r.Name)
			}
		}
	}
}

// TestAModelInS3OnAClusterOfTheUsers checks that the model gets a role if the cluster's
// name and region are known, and otherwise a warning.
func TestAModelInS3OnAClusterOfTheUsers(t *testing.T) {
	const models = "  vllm-eks:models: [{name: a, model: s3://weights/Qwen/Qwen3-8B, maxModelLen: 8192}]"
	roles := func(yaml string) int { return kinds(mustRecord(t, "test", mustParse(t, yaml)))["aws:iam/role:Role"] }
	unknown := "config:\n" + validCluster + models
	if n := roles(unknown); n != 0 {
		t.Errorf("%d roles on a cluster without a name", n)
	}
	want := "a: reads s3://weights/Qwen/Qwen3-8B without an AWS role"
	if got := strings.Join(warningsIn(t, nil, mustParse(t, unknown)), "\n"); !strings.Contains(got, want) {
		t.Errorf("warns of %q", got)
	}
	named := "config:\n  aws:region: us-west-2\n  vllm-eks:cluster: {existing: {context: test, name: mine}}\n" + models
	if n := roles(named); n != 1 {
		t.Errorf("%d roles on a cluster with a name, want 1", n)
	}
	if got := strings.Join(warningsIn(t, nil, mustParse(t, named)), "\n"); strings.Contains(got, "without an AWS role") {
		t.Errorf("warns of %q", got)
	}
}

// TestAnS3CompatibleStoreOnAnotherPortIsUnreachable checks the NetworkPolicy and the
// environment of a model in an existing store.
func TestAnS3CompatibleStoreOnAnotherPortIsUnreachable(t *testing.T) {
	const namespace, block = "map[namespaceSelector:map[matchLabels:map[kubernetes.io/metadata.name:%s]]]", "map[ipBlock:map[cidr:%s]]"
	tests := map[string]struct{ s3, peer, url string }{
		"endpoint is a Service":                  {`endpoint: "http://minio.storage.svc:9000"`, fmt.Sprintf(namespace, "storage") + " 9000", "http://minio.storage.svc:9000"},
		"endpoint is the full name of a Service": {`endpoint: "http://minio.storage.svc.cluster.local:9000/"`, fmt.Sprintf(namespace, "storage") + " 9000", "http://minio.storage.svc.cluster.local:9000/"},
		"endpoint is an address":                 {`endpoint: "http://10.1.2.3:9000"`, fmt.Sprintf(block, "10.1.2.3/32") + " 9000", "http://10.1.2.3:9000"},
		"endpoint with private addresses":        {`endpoint: "https://store.example.internal:9443", cidr: 10.9.0.0/24`, fmt.Sprintf(block, "10.9.0.0/24") + " 9443", "https://store.example.internal:9443"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			yaml := "config:\n" + validCluster + "  vllm-eks:models: [{name: a, model: s3://weights/Qwen/Qwen3-8B, maxModelLen: 8192, storage: {s3: {existingSecret: keys, " + test.s3 + "}}}]"
			for _, r := range mustRecord(t, "test", mustParse(t, yaml)).Resources() {
				switch r.Type {
				case "kubernetes:networking.k8s.io/v1:NetworkPolicy":
					if r.Name == "a" {
						expectEgress(t, r, test.peer)
					}
				case "kubernetes:apps/v1:Deployment":
					env := fmt.Sprint(valueAt(r.Inputs, "spec", "template", "spec", "containers", 0, "env"))
					for _, want := range []string{"map[name:AWS_ENDPOINT_URL value:" + test.url + "]", "map[name:RUNAI_STREAMER_S3_USE_VIRTUAL_ADDRESSING value:0]",
						"map[name:AWS_SECRET_ACCESS_KEY valueFrom:map[secretKeyRef:map[key:AWS_SECRET_ACCESS_KEY name:keys]]]"} {
						if !strings.Contains(env, want) {
							t.Errorf("the environment has no %s: %s", want, env)
						}
					}
				}
			}
		})
	}
}

// expectEgress checks that a policy allows egress to one destination besides DNS.
func expectEgress(t *testing.T, r stacktest.Resource, want string) {
	t.Helper()
	rules, _ := valueAt(r.Inputs, "spec", "egress").([]any)
	if len(rules) != 2 {
		t.Fatalf("%d rules, want the store's and DNS': %v", len(rules), rules)
	}
	if got := fmt.Sprint(valueAt(rules[0], "to", 0), " ", valueAt(rules[0], "ports", 0, "port")); got != want {
		t.Errorf("lets out to %s, want %s", got, want)
	}
}
