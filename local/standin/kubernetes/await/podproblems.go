package await

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	// logLines of a crashed container are enough for its last words.
	logLines = 8
	// evidencePods and evidenceEvents keep a failure readable: the pods of one
	// template usually fail for the same reason.
	evidencePods   = 2
	evidenceEvents = 2
)

var eventKind = schema.GroupVersionKind{Version: "v1", Kind: "Event"}

// harmless are waiting reasons of a pod that is only starting.
var harmless = map[string]bool{"ContainerCreating": true, "PodInitializing": true, "": true}

// podProblems says, from its status alone, what keeps a pod from being ready.
func podProblems(pod *unstructured.Unstructured) []string {
	var problems []string
	note := func(format string, args ...any) {
		problems = append(problems, fmt.Sprintf("pod %s: ", pod.GetName())+fmt.Sprintf(format, args...))
	}
	if scheduled, ok := findCondition(pod, "PodScheduled"); ok && scheduled.Status == "False" {
		note("%s", scheduled)
	}
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		for _, container := range containers(pod, field) {
			if problem := containerProblem(container); problem != "" {
				note("container %s: %s", container.name(), problem)
			}
		}
	}
	if phase := text(pod, "status", "phase"); phase == "Failed" && len(problems) == 0 {
		note("%s", strings.TrimSpace("failed "+text(pod, "status", "reason")+" "+text(pod, "status", "message")))
	}
	return problems
}

// containerStatus is one entry of status.containerStatuses.
type containerStatus map[string]any

func containers(pod *unstructured.Unstructured, field string) []containerStatus {
	items, _, _ := unstructured.NestedSlice(pod.Object, "status", field)
	out := make([]containerStatus, 0, len(items))
	for _, item := range items {
		if fields, ok := item.(map[string]any); ok {
			out = append(out, fields)
		}
	}
	return out
}

func (c containerStatus) name() string {
	name, _ := c["name"].(string)
	return name
}

func (c containerStatus) restarts() int64 {
	count, _, _ := unstructured.NestedInt64(c, "restartCount")
	return count
}

func (c containerStatus) state(when, kind, field string) string {
	value, found, _ := unstructured.NestedFieldNoCopy(c, when, kind, field)
	if !found {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(value))
}

// exit describes how a run of the container ended.
func (c containerStatus) exit(when string) string {
	code := c.state(when, "terminated", "exitCode")
	if code == "" || code == "0" {
		return ""
	}
	words := []string{"exit code " + code}
	if reason := c.state(when, "terminated", "reason"); reason != "" && reason != "Error" {
		words = append([]string{reason}, words...)
	}
	if message := c.state(when, "terminated", "message"); message != "" {
		words = append(words, "("+message+")")
	}
	return strings.Join(words, " ")
}

func containerProblem(c containerStatus) string {
	if reason := c.state("state", "waiting", "reason"); !harmless[reason] {
		parts := []string{reason}
		if message := c.state("state", "waiting", "message"); message != "" {
			parts = append(parts, message)
		}
		if exit := c.exit("lastState"); exit != "" {
			parts = append(parts, "last run ended with "+exit)
		}
		return strings.Join(parts, ": ")
	}
	if exit := c.exit("state"); exit != "" {
		return "ended with " + exit
	}
	if c.restarts() > 0 {
		if exit := c.exit("lastState"); exit != "" {
			return fmt.Sprintf("restarted %d times, last run ended with %s", c.restarts(), exit)
		}
	}
	return ""
}

func problemsOf(pods []unstructured.Unstructured) []string {
	var problems []string
	for i := range pods {
		problems = append(problems, podProblems(&pods[i])...)
	}
	return problems
}

// Explain lists the reasons of a verdict, with the evidence of its pods.
func Explain(ctx context.Context, reader Reader, status Status) []string {
	return append(slices.Clone(status.Reasons), evidence(ctx, reader, status.Pods)...)
}

// evidence gathers what explains a failure: the pods' own reasons, the last
// lines of a crashed container, and the latest warnings about the pod.
func evidence(ctx context.Context, reader Reader, pods []unstructured.Unstructured) []string {
	var out []string
	for i := range pods {
		if i == evidencePods {
			out = append(out, fmt.Sprintf("and %d more pods", len(pods)-i))
			break
		}
		pod := &pods[i]
		problems := podProblems(pod)
		if len(problems) == 0 && !podIsReady(pod) {
			problems = []string{fmt.Sprintf("pod %s: running, but not ready", pod.GetName())}
		}
		out = append(out, problems...)
		out = append(out, lastWords(ctx, reader, pod)...)
		out = append(out, warnings(ctx, reader, pod)...)
	}
	return out
}

func lastWords(ctx context.Context, reader Reader, pod *unstructured.Unstructured) []string {
	var out []string
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		for _, container := range containers(pod, field) {
			if containerProblem(container) == "" {
				continue
			}
			if log := lastLines(ctx, reader, pod, container); log != "" {
				out = append(out, fmt.Sprintf("last lines of container %s:\n        %s",
					container.name(), strings.ReplaceAll(log, "\n", "\n        ")))
			}
		}
	}
	return out
}

// lastLines prefers the run that ended over the one that may have begun since.
// The node answers with a sentence of its own when it has thrown a log away.
func lastLines(ctx context.Context, reader Reader, pod *unstructured.Unstructured, container containerStatus) string {
	for _, previous := range []bool{container.state("state", "terminated", "exitCode") == "" && container.restarts() > 0, false} {
		log := strings.TrimSpace(reader.Logs(ctx, pod.GetNamespace(), pod.GetName(), container.name(), previous, logLines))
		if log != "" && !strings.HasPrefix(log, "unable to retrieve container logs") {
			return log
		}
	}
	return ""
}

func warnings(ctx context.Context, reader Reader, pod *unstructured.Unstructured) []string {
	selector := fields.AndSelectors(
		fields.OneTermEqualSelector("involvedObject.uid", string(pod.GetUID())),
		fields.OneTermEqualSelector("type", "Warning"),
	)
	events, err := reader.List(ctx, eventKind, pod.GetNamespace(), metav1.ListOptions{FieldSelector: selector.String()})
	if err != nil {
		return nil
	}
	var out []string
	for i := len(events) - 1; i >= 0 && len(out) < evidenceEvents; i-- {
		event := fmt.Sprintf("event on pod %s: %s: %s", pod.GetName(), text(&events[i], "reason"), text(&events[i], "message"))
		if !slices.Contains(out, event) {
			out = append(out, event)
		}
	}
	return out
}
