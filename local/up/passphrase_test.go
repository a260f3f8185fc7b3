package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTheStackOwnHasItsPassphrase(t *testing.T) {
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", localPassphrase) // as after eval "$(make env)"
	e := ownCluster(t, "")
	for range 2 {
		if err := e.preparePassphrase(); err != nil {
			t.Fatal(err)
		}
	}
	file := passphraseFile(e.options.layout)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	initial, err := os.ReadFile(file)
	if err != nil || len(initial) < 20 {
		t.Errorf("%q, %v", initial, err)
	}
	env := e.environment()
	if slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "PULUMI_CONFIG_PASSPHRASE=") }) {
		t.Error("the public passphrase would count")
	}
	if !slices.Contains(env, "PULUMI_CONFIG_PASSPHRASE_FILE="+file) {
		t.Errorf("%q", env)
	}
	if env := (engine{options: options{layout: e.options.layout}, stack: localStack}).environment(); !slices.Contains(env, "PULUMI_CONFIG_PASSPHRASE="+localPassphrase) {
		t.Error("the local stack has lost its own")
	}
}

func TestLostPassphrase(t *testing.T) {
	e := ownCluster(t, "")
	path := ownConfigFile(e.options.layout)
	const salt = "encryptionsalt: v1:abc=:v1:def\n"
	if err := os.WriteFile(path, []byte(salt+"config:\n  vllm-eks:huggingFaceToken:\n    secure: v1:xyz\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.preparePassphrase(); err == nil || !strings.Contains(err.Error(), "encryptionsalt") {
		t.Errorf("with a secret: %v", err)
	}
	if err := os.WriteFile(path, []byte(salt+"config: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.preparePassphrase(); err != nil {
		t.Errorf("without secrets: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "config: {}\n" {
		t.Errorf("%q, %v", got, err)
	}
}
