package helm

import (
	"errors"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/kube"
	kubefake "helm.sh/helm/v3/pkg/kube/fake"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"
)

const name, namespace = "controller", "inference"

// cluster is a Kubernetes client for which everything becomes ready, unless broken. Helm waits for
// that, as it does for the provider.
type cluster struct {
	kubefake.PrintingKubeClient

	// killed, if not nil, is closed by the next call, which ends its goroutine like a signal ends a
	// process: nothing after it runs.
	killed chan struct{}
	// broken reports that nothing becomes ready.
	broken bool
}

func (c *cluster) call() error {
	if c.killed != nil {
		close(c.killed)
		runtime.Goexit()
	}
	if c.broken {
		return errors.New("not ready")
	}
	return nil
}

func (c *cluster) Wait(kube.ResourceList, time.Duration) error { return c.call() }

func (c *cluster) WaitForDelete(kube.ResourceList, time.Duration) error { return c.call() }

// helm runs the operations of the command and the provider.
type helm struct {
	t       *testing.T
	config  *action.Configuration
	cluster *cluster
}

func newHelm(t *testing.T) helm {
	t.Helper()
	c := &cluster{PrintingKubeClient: kubefake.PrintingKubeClient{Out: t.Output(), LogOutput: t.Output()}}
	memory := driver.NewMemory()
	memory.SetNamespace(namespace)
	return helm{t: t, cluster: c, config: &action.Configuration{
		Releases: storage.Init(memory), KubeClient: c, Capabilities: chartutil.DefaultCapabilities, Log: t.Logf,
	}}
}

func chartOf(version string) *chart.Chart {
	return &chart.Chart{
		Metadata:  &chart.Metadata{APIVersion: chart.APIVersionV2, Name: name, Version: version},
		Templates: []*chart.File{{Name: "templates/a.yaml", Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")}},
	}
}

func (h helm) install() error {
	a := action.NewInstall(h.config)
	a.ReleaseName, a.Namespace, a.Wait = name, namespace, true
	_, err := a.Run(chartOf("1.0.0"), nil)
	return err
}

func (h helm) upgrade() error {
	a := action.NewUpgrade(h.config)
	a.Namespace, a.Wait = namespace, true
	_, err := a.Run(name, chartOf("1.1.0"), nil)
	return err
}

func (h helm) rollback() error {
	a := action.NewRollback(h.config)
	a.Wait = true
	return a.Run(name)
}

func (h helm) uninstall() error {
	a := action.NewUninstall(h.config)
	a.Wait = true
	_, err := a.Run(name)
	return err
}

// kill ends an operation while it waits.
func (h helm) kill(operation func() error) {
	h.t.Helper()
	killed, ended := make(chan struct{}), make(chan struct{})
	h.cluster.killed = killed
	go func() {
		_ = operation()
		close(ended)
	}()
	select {
	case <-killed:
	case <-ended:
		h.t.Fatal("the operation ended before it was killed")
	}
	h.cluster.killed = nil
}

func (h helm) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// interrupted lists the releases that the documented `helm list` shows.
func (h helm) interrupted() []*release.Release {
	h.t.Helper()
	a := action.NewList(h.config)
	a.AllNamespaces, a.Pending, a.Uninstalling, a.Failed = true, true, true, true
	a.SetStateMask()
	found, err := a.Run()
	h.must(err)
	return found
}

// documented returns the repairs of docs/aws.md by the status of a release.
func documented(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/aws.md")
	if err != nil {
		t.Fatal(err)
	}
	if list := "`helm list --all-namespaces --pending --uninstalling --failed`"; !strings.Contains(string(page), list) {
		t.Errorf("docs/aws.md does not have %s", list)
	}
	repairs := map[string]string{}
	line := regexp.MustCompile("(?m)^ +- (.*): `helm (uninstall|rollback) NAME --namespace NS --wait`$")
	for _, found := range line.FindAllStringSubmatch(string(page), -1) {
		for _, status := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(found[1], -1) {
			repairs[status[1]] = found[2]
		}
	}
	return repairs
}

// After a killed operation of the provider, Helm refuses the next one until the documented command
// ran.
func TestKilledHelmReleasesAreRepairedAsDocumented(t *testing.T) {
	repairs := documented(t)
	for status, test := range map[release.Status]struct {
		interrupt func(helm)
		next      func(helm) error
		refusal   string
	}{
		release.StatusPendingInstall: {
			interrupt: func(h helm) { h.kill(h.install) },
			next:      helm.install,
			refusal:   "cannot re-use a name that is still in use",
		},
		release.StatusFailed: {
			interrupt: func(h helm) {
				h.cluster.broken = true
				if h.install() == nil {
					t.Error("the installation did not fail")
				}
				h.cluster.broken = false
			},
			next:    helm.install,
			refusal: "cannot re-use a name that is still in use",
		},
		release.StatusPendingUpgrade: {
			interrupt: func(h helm) { h.must(h.install()); h.kill(h.upgrade) },
			next:      helm.upgrade,
			refusal:   "another operation (install/upgrade/rollback) is in progress",
		},
		release.StatusPendingRollback: {
			interrupt: func(h helm) { h.must(h.install()); h.must(h.upgrade()); h.kill(h.rollback) },
			next:      helm.upgrade,
			refusal:   "another operation (install/upgrade/rollback) is in progress",
		},
		release.StatusUninstalling: {
			interrupt: func(h helm) { h.must(h.install()); h.kill(h.uninstall) },
			next:      helm.install,
			refusal:   "cannot re-use a name that is still in use",
		},
	} {
		t.Run(string(status), func(t *testing.T) {
			h := newHelm(t)
			test.interrupt(h)
			found := h.interrupted()
			if len(found) != 1 || found[0].Name != name || found[0].Info.Status != status {
				t.Fatalf("helm list shows %v, want %s with the status %s", found, name, status)
			}
			if err := test.next(h); err == nil || !strings.Contains(err.Error(), test.refusal) {
				t.Errorf("before the repair Helm says %v, want %q", err, test.refusal)
			}
			repair := map[string]func() error{"uninstall": h.uninstall, "rollback": h.rollback}[repairs[string(status)]]
			if repair == nil {
				t.Fatalf("docs/aws.md has no command for %s: %v", status, repairs)
			}
			h.must(repair())
			h.must(test.next(h))
			last, err := h.config.Releases.Last(name)
			h.must(err)
			if last.Info.Status != release.StatusDeployed || len(h.interrupted()) > 0 {
				t.Errorf("the release is %s, and interrupted are %v", last.Info.Status, h.interrupted())
			}
		})
	}
}
