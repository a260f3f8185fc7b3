package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakeApt puts an apt-get and a dpkg on PATH that record their calls, and returns a function
// that reads the record. In the script, $@ is the arguments and $n the number of the call.
func fakeApt(t *testing.T, script string) (a apt, calls func() []string) {
	t.Helper()
	dir := t.TempDir()
	text := "#!/bin/sh\ncd " + dir + "\necho \"${0##*/} $*\" >>calls\nn=$(wc -l <calls)\n" + script
	for _, name := range []string{"apt-get", "dpkg"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil { //nolint:gosec // it is executed
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	p, _ := testProgress([]step{{name: "packages", cost: 1}})
	return apt{progress: p, patience: time.Minute}, func() []string {
		data, err := os.ReadFile(filepath.Join(dir, "calls"))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(data), "-o DPkg::Lock::Timeout=60 ", "")
		text = strings.ReplaceAll(text, "--yes --no-install-recommends ", "")
		return strings.Split(strings.TrimSpace(text), "\n")
	}
}

func TestInstallInEveryStateOfApt(t *testing.T) {
	for _, c := range []struct{ name, script, calls, err string }{
		{"at once", "exit 0", "apt-get install runc", ""},
		{"after an update", `[ $n != 1 ]`, "apt-get install runc, apt-get update, apt-get install runc", ""},
		{"after an interrupted dpkg", `[ $n != 1 ] || { echo "E: dpkg was interrupted, you must manually run"; exit 100; }`,
			"apt-get install runc, dpkg --configure -a, apt-get install runc", ""},
		{"after another's update", `case $n in 1) exit 100 ;; 2) echo "E: Could not get lock /var/lib/apt/lists/lock."; exit 100 ;; esac`,
			"apt-get install runc, apt-get update, apt-get update, apt-get install runc", ""},
		{"not at all", `echo "E: no such package"; exit 100`, "apt-get install runc, apt-get update", "E: no such package"},
	} {
		a, calls := fakeApt(t, c.script)
		err := a.install(context.Background(), []string{"runc"})
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.err)
		}
		if got := strings.Join(calls(), ", "); got != c.calls {
			t.Errorf("%s: called %s; want %s", c.name, got, c.calls)
		}
	}
}

// TestInterruptLetsAptFinish interrupts a running installation.
func TestInterruptLetsAptFinish(t *testing.T) {
	a, calls := fakeApt(t, "while [ ! -e interrupted ]; do :; done; echo finished >>calls")
	dir := strings.SplitN(os.Getenv("PATH"), string(os.PathListSeparator), 2)[0]
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error)
	go func() { result <- a.install(ctx, []string{"runc"}) }()
	for deadline := time.Now().Add(time.Minute); ; {
		if _, err := os.Stat(filepath.Join(dir, "calls")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("apt-get was not called")
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := os.WriteFile(filepath.Join(dir, "interrupted"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(calls(), ", "); got != "apt-get install runc, finished" {
		t.Errorf("called %s", got)
	}
}

func TestInterruptEndsTheWaitForTheLock(t *testing.T) {
	a, _ := fakeApt(t, `while :; do echo "Waiting for cache lock: Could not get lock"; sleep 0.01; done`)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if err := a.install(ctx, []string{"runc"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if a.progress.detail != "waiting for another package manager" {
		t.Errorf("shown: %q", a.progress.detail)
	}
}
