//go:build cluster

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// TestMoveOffNode runs the commands of docs/incidents.md that move a model off a node, while
// clients have open requests. There is one node: when it accepts pods again, a free GPU appears.
// The test runs alone, because other tests need the node.
func TestMoveOffNode(t *testing.T) {
	const namespace = "e2e-move"
	p := newIncidents(t, namespace, incidentStack(namespace, "{min: 2, max: 2}"))
	t.Cleanup(func() { kubectl(t, "uncordon", layout.NodeName) })
	l := openLoad(t, serviceURLIn(t, namespace, incidentsModel), 8)
	ready := func() string {
		return p.kubectl("get", "deployment", incidentsModel, "--output=jsonpath={.status.readyReplicas}")
	}
	pending := func() int {
		return strings.Count(p.kubectl("get", "pods", "--field-selector=status.phase=Pending", "--output=name"), "pod/")
	}
	t.Run("restart", func(t *testing.T) {
		p.t = t
		p.run("kubectl cordon")
		p.run("rollout restart")
		await(t, "a new replica waits for a GPU", time.Minute, func() bool { return pending() > 0 })
		if ready() != "2" {
			t.Errorf("%s replicas are ready while the new one waits, want 2", ready())
		}
		p.run("kubectl uncordon")
		p.run("rollout status \"deployment/$MODEL\" --timeout=20m")
	})
	t.Run("drain", func(t *testing.T) {
		p.t = t
		before := strings.Join(replicaPods(t, namespace), " ")
		drained := make(chan error, 1)
		go func() {
			out, err := p.try("kubectl drain")
			if err != nil {
				err = fmt.Errorf("%w\n%s", err, out)
			}
			drained <- err
		}()
		await(t, "the replacement of an evicted replica waits", time.Minute, func() bool { return pending() == 1 && ready() == "1" })
		// kubectl repeats a refused eviction every 5 seconds.
		time.Sleep(8 * time.Second)
		if ready() != "1" {
			t.Errorf("%s replicas are ready while a replacement waits, want 1", ready())
		}
		p.run("kubectl uncordon")
		if err := <-drained; err != nil {
			t.Error(err)
		}
		await(t, "both replicas serve", time.Minute, func() bool { return ready() == "2" })
		for _, pod := range replicaPods(t, namespace) {
			if strings.Contains(before, pod) {
				t.Errorf("%s is still there", pod)
			}
		}
	})
	l.end(t)
	p.t = t
	p.expectPreview()
	p.expectRefreshed()
	p.expectExecuted(true)
}
