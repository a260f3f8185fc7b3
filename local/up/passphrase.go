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

// passphraseFile holds what encrypts the own stack's secrets: unlike the local
// stack's, they may be real.
func passphraseFile(l layout.Layout) string { return l.Pulumi("passphrase-" + ownStack) }

// ownShell is what a shell needs for plain pulumi on the own stack. The
// passphrase that `make env` sets would count before the file.
func ownShell(l layout.Layout) string {
	return `eval "$(make env)"; unset PULUMI_CONFIG_PASSPHRASE; export PULUMI_CONFIG_PASSPHRASE_FILE=` + shellQuote(passphraseFile(l))
}

// preparePassphrase makes up a passphrase the first time. After `make down` the
// old one is gone, and what it encrypted with it.
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

// dropSalt takes the salt of another passphrase out of a configuration. One
// that has secrets is left as it is.
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
