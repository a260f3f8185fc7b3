package main

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

func newPKI(t *testing.T) layout.Layout {
	t.Helper()
	l := layout.Layout{Root: t.TempDir()}
	if err := ensurePKI(l); err != nil {
		t.Fatal(err)
	}
	return l
}

func certificate(t *testing.T, l layout.Layout, name string) *x509.Certificate {
	t.Helper()
	data, err := os.ReadFile(l.Kube("pki", name+".crt"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestOnlyTheAuthorityTrustsACertificate(t *testing.T) {
	l := newPKI(t)
	for _, lf := range leaves {
		usage := x509.ExtKeyUsageClientAuth
		if len(lf.hosts) > 0 {
			usage = x509.ExtKeyUsageServerAuth
		}
		for _, ca := range []string{clusterCA, etcdCA, proxyCA} {
			roots := x509.NewCertPool()
			roots.AddCert(certificate(t, l, ca))
			_, err := certificate(t, l, lf.name).Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{usage}})
			if trusted := err == nil; trusted != (ca == lf.authority) {
				t.Errorf("%s: trusted by %s: %v (%v)", lf.name, ca, trusted, err)
			}
		}
	}
}

func TestServerCertificateAddresses(t *testing.T) {
	l := newPKI(t)
	for _, host := range []string{layout.NodeIP, layout.KubernetesIP, "kubernetes.default.svc"} {
		if err := certificate(t, l, "apiserver").VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
}

func TestOnlyTheOwnerReadsKeys(t *testing.T) {
	l := newPKI(t)
	if err := writeKubeconfigs(l); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(l.State(), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !d.IsDir() && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEnsurePKITwiceKeepsCertificates(t *testing.T) {
	l := newPKI(t)
	before := certificate(t, l, clusterCA)
	if err := ensurePKI(l); err != nil {
		t.Fatal(err)
	}
	if !certificate(t, l, clusterCA).Equal(before) {
		t.Error("the authority was issued anew")
	}
}

func TestEncryptionConfigHasNoPlainProvider(t *testing.T) {
	l := newPKI(t)
	data, err := os.ReadFile(l.Kube("pki", "encryption.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(data); !strings.Contains(text, "secretbox") || strings.Contains(text, "identity") {
		t.Errorf("encryption configuration:\n%s", text)
	}
}
