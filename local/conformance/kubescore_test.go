package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// exceptions holds the intended critical findings of kube-score, as "check: summary", each with the
// reason.
var exceptions = map[string]string{
	"container-security-context-user-group-id: The container is running with a low user ID":                      "user 2000 owns the files of the vLLM image",
	"container-security-context-user-group-id: The container running with a low group ID":                        "group 0 owns the files of the vLLM image",
	"container-security-context-readonlyrootfilesystem: The pod has a container with a writable root filesystem": "NVIDIA's container hook writes to it",
	"container-ephemeral-storage-request-and-limit: Ephemeral Storage limit is not set":                          "the volumes have limits; a limit of the pod would evict a replica because of its log",
	"container-resources: CPU limit is not set":                                                                  "the GPUs of a throttled replica wait",
	"container-image-pull-policy: ImagePullPolicy is not set to Always":                                          "tags are versions and never change; with Always a restart would need the registry",
	"pod-probes-identical: Container has the same readiness and liveness probe":                                  "vLLM has /health only; liveness waits for 100 s, readiness for 15 s",
}

// kubeScore returns the path of the program in the version of kubescore/go.mod.
var kubeScore = sync.OnceValues(func() (string, error) {
	command := exec.Command("go", "tool", "-n", "kube-score")
	command.Dir = "kubescore" // a module of its own: it does not build with these Kubernetes libraries
	path, err := command.Output()
	return strings.TrimSpace(string(path)), err
})

// criticisms returns the critical findings of kube-score for objects that belong together, as
// "check: summary", each with the object.
func criticisms(objects []map[string]any) (map[string]string, error) {
	path, err := kubeScore()
	if err != nil {
		return nil, fmt.Errorf("kube-score cannot be built: %w", err)
	}
	var documents bytes.Buffer
	for _, o := range objects {
		text, err := json.Marshal(o)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&documents, "%s\n---\n", text)
	}
	var answer, stderr bytes.Buffer
	command := exec.Command(path, "score", "--output-format", "json", "--kubernetes-version", "v1.35", "--disable-ignore-checks-annotations", "-")
	command.Stdin, command.Stdout, command.Stderr = &documents, &answer, &stderr
	failed := command.Run() // it also fails with a critical finding
	var scores []struct {
		ObjectName string `json:"object_name"`
		Checks     []struct {
			Check    struct{ ID string }
			Grade    int
			Skipped  bool
			Comments []struct{ Summary string }
		}
	}
	if err := json.Unmarshal(answer.Bytes(), &scores); err != nil {
		return nil, fmt.Errorf("kube-score: %w: %s", errors.Join(failed, err), stderr.String())
	}
	const critical = 1
	found := map[string]string{}
	for _, o := range scores {
		for _, c := range o.Checks {
			if c.Skipped || c.Grade > critical {
				continue
			}
			for _, comment := range c.Comments {
				found[c.Check.ID+": "+comment.Summary] = o.ObjectName
			}
			if len(c.Comments) == 0 {
				found[c.Check.ID] = o.ObjectName
			}
		}
	}
	return found, nil
}

func TestKubeScore(t *testing.T) {
	used := map[string]bool{}
	for _, r := range recordings(t) {
		found, err := criticisms(r.objects)
		if err != nil {
			t.Fatal(err)
		}
		for criticism, object := range found {
			used[criticism] = true
			if exceptions[criticism] == "" {
				t.Errorf("%s: %s: %s", r.folder, object, criticism)
			}
		}
	}
	for criticism := range exceptions {
		if !used[criticism] {
			t.Errorf("the exception %q is not used any more", criticism)
		}
	}
}
