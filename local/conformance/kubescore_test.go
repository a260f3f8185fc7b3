package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// exceptions are what kube-score calls critical and is wanted, by its check and
// what it says, each with the reason.
var exceptions = map[string]string{
	"container-security-context-user-group-id: The container is running with a low user ID":                      "user 2000 is the vLLM image's own, to whom its files belong",
	"container-security-context-user-group-id: The container running with a low group ID":                        "group 0 owns the files of the vLLM image",
	"container-security-context-readonlyrootfilesystem: The pod has a container with a writable root filesystem": "NVIDIA's container hook writes to it",
	"container-ephemeral-storage-request-and-limit: Ephemeral Storage limit is not set":                          "the volumes have limits; one on the whole would evict an engine for its log",
	"container-resources: CPU limit is not set":                                                                  "a throttled engine leaves its GPUs idle",
	"container-image-pull-policy: ImagePullPolicy is not set to Always":                                          "tags are versions and never move; asking the registry at each start would make it a part of every restart",
	"pod-probes-identical: Container has the same readiness and liveness probe":                                  "/health is all that vLLM has; liveness waits for 100 s, readiness for 15 s",
}

// kubeScore is the program, built of the version that kubescore/go.mod pins.
var kubeScore = sync.OnceValues(func() (string, error) {
	command := exec.Command("go", "tool", "-n", "kube-score")
	command.Dir = "kubescore" // a module of its own: it does not build beside these Kubernetes libraries
	path, err := command.Output()
	return strings.TrimSpace(string(path)), err
})

// criticisms are what kube-score finds critical of objects that belong together,
// as "check: summary", with the object.
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
	var answer, errors bytes.Buffer
	command := exec.Command(path, "score", "--output-format", "json", "--kubernetes-version", "v1.35", "--disable-ignore-checks-annotations", "-")
	command.Stdin, command.Stdout, command.Stderr = &documents, &answer, &errors
	failed := command.Run() // also where something is critical
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
		return nil, fmt.Errorf("kube-score: %w: %s", firstOf(failed, err), errors.String())
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
			t.Errorf("the exception %q is of no use any more", criticism)
		}
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("no folder")
}
