package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// passphraseFile returns the file with the passphrase of the stack own, which may hold real
// secrets.
func passphraseFile(l layout.Layout) string { return l.Pulumi("passphrase-" + ownStack) }

// ownShell returns the shell commands that prepare plain pulumi for the stack own. Pulumi would
// prefer the passphrase that `make env` sets to the file.
func ownShell(l layout.Layout) string {
	return `eval "$(make env)"; unset PULUMI_CONFIG_PASSPHRASE; export PULUMI_CONFIG_PASSPHRASE_FILE=` + shellQuote(passphraseFile(l))
}

// preparePassphrase creates a passphrase if there is none. After `make down`, the secrets that
// the old one encrypted are lost.
func (e engine) preparePassphrase() error {
	path := passphraseFile(e.options.layout)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := dropSalt(ownConfigFile(e.options.layout)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(rand.Text()), 0o600)
}

// dropSalt removes the salt of a lost passphrase from a configuration. It returns an error if
// the configuration has secrets.
func dropSalt(path string) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var kept strings.Builder
	for line := range strings.Lines(string(data)) {
		switch {
		case strings.HasPrefix(line, "encryptionsalt:"):
			continue
		case strings.HasPrefix(strings.TrimSpace(line), "secure:"):
			return fmt.Errorf("%s: the passphrase of its secrets is gone; remove its line encryptionsalt and each secret (secure: …), then set them again", filepath.Base(path))
		}
		kept.WriteString(line)
	}
	if kept.Len() == len(data) {
		return nil
	}
	return os.WriteFile(path, []byte(kept.String()), 0o600)
}
