package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// The cluster has three certificate authorities, as with kubeadm: one for the API,
// one that only etcd trusts, so that no user of the cluster can read etcd, and one
// for requests that the API server forwards to extension API servers.
const (
	clusterCA = "ca"
	etcdCA    = "etcd-ca"
	proxyCA   = "front-proxy-ca"
)

// certValidity is longer than a checkout is used. `make down` and `make up` issue new
// certificates.
const certValidity = 10 * 365 * 24 * time.Hour

// leaf describes one certificate: its subject and the authority that signs it.
type leaf struct {
	name         string // file name
	authority    string
	commonName   string
	organization []string
	hosts        []string // of a server certificate; a client certificate has none
}

var leaves = []leaf{
	{name: "apiserver", authority: clusterCA, commonName: "kube-apiserver", hosts: []string{
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		layout.KubernetesIP, layout.NodeIP,
	}},
	{name: "kubelet-server", authority: clusterCA, commonName: layout.NodeName, hosts: []string{layout.NodeName, layout.NodeIP}},
	{name: "apiserver-kubelet-client", authority: clusterCA, commonName: kubeletClientUser},
	{name: "admin", authority: clusterCA, commonName: "kubernetes-admin", organization: []string{"system:masters"}},
	{name: "controller-manager", authority: clusterCA, commonName: "system:kube-controller-manager"},
	{name: "scheduler", authority: clusterCA, commonName: "system:kube-scheduler"},
	{name: "kube-proxy", authority: clusterCA, commonName: "system:kube-proxy"},
	{name: "kubelet", authority: clusterCA, commonName: "system:node:" + layout.NodeName, organization: []string{"system:nodes"}},
	{name: "etcd", authority: etcdCA, commonName: "etcd", hosts: []string{"localhost", "127.0.0.1"}},
	{name: "apiserver-etcd-client", authority: etcdCA, commonName: "kube-apiserver"},
	{name: "front-proxy-client", authority: proxyCA, commonName: "front-proxy-client"},
}

// kubeletClientUser is the user name of the API server when it calls the kubelet. The cluster's
// manifests bind it to system:kubelet-api-admin.
const kubeletClientUser = "kube-apiserver-kubelet-client"

// ensurePKI issues all certificates and keys once. A restarted cluster keeps them.
func ensurePKI(l layout.Layout) error {
	dir := l.Kube("pki")
	if _, err := os.Stat(filepath.Join(dir, "complete")); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	authorities := map[string]*authority{}
	for _, name := range []string{clusterCA, etcdCA, proxyCA} {
		a, err := newAuthority(dir, name)
		if err != nil {
			return err
		}
		authorities[name] = a
	}
	for _, lf := range leaves {
		if err := authorities[lf.authority].issue(dir, lf); err != nil {
			return err
		}
	}
	if err := writeServiceAccountKey(dir); err != nil {
		return err
	}
	if err := writeEncryptionConfig(dir); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "complete"), nil, 0o600)
}

type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(dir, name string) (*authority, error) {
	template, err := certTemplate("vllm-eks-local " + name)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	cert, err := signAndWrite(dir, name, template, template, key, key)
	if err != nil {
		return nil, err
	}
	return &authority{cert: cert, key: key}, nil
}

func (a *authority) issue(dir string, lf leaf) error {
	template, err := certTemplate(lf.commonName)
	if err != nil {
		return err
	}
	template.Subject.Organization = lf.organization
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if len(lf.hosts) > 0 { // etcd also uses its server certificate as a client: it calls itself
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	for _, h := range lf.hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	_, err = signAndWrite(dir, lf.name, template, a.cert, key, a.key)
	return err
}

func certTemplate(commonName string) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: commonName},
		NotBefore:    time.Now().Add(-time.Hour), // the clock may be set back a little
		NotAfter:     time.Now().Add(certValidity),
	}, nil
}

func signAndWrite(dir, name string, template, parent *x509.Certificate, key, signer crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", name, err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		writePEM(filepath.Join(dir, name+".crt"), "CERTIFICATE", der),
		writePEM(filepath.Join(dir, name+".key"), "PRIVATE KEY", keyDER),
	)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

func writeServiceAccountKey(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	return errors.Join(
		writePEM(filepath.Join(dir, "service-account.key"), "PRIVATE KEY", private),
		writePEM(filepath.Join(dir, "service-account.pub"), "PUBLIC KEY", public),
	)
}

// writeEncryptionConfig makes the API server encrypt Secrets in etcd.
func writeEncryptionConfig(dir string) error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	config := fmt.Sprintf(`apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - secretbox: {keys: [{name: key1, secret: %s}]}
`, base64.StdEncoding.EncodeToString(key))
	return os.WriteFile(filepath.Join(dir, "encryption.yaml"), []byte(config), 0o600)
}

// writeKubeconfigs writes each kubeconfig file with its client certificate, which has the name
// of a leaf above.
func writeKubeconfigs(l layout.Layout) error {
	files := map[string]string{
		l.Kubeconfig():                          "admin",
		l.Kube("controller-manager.kubeconfig"): "controller-manager",
		l.Kube("scheduler.kubeconfig"):          "scheduler",
		l.Kube("kube-proxy.kubeconfig"):         "kube-proxy",
		l.Kube("kubelet.kubeconfig"):            "kubelet",
	}
	for file, cert := range files {
		content, err := kubeconfig(l, cert)
		if err != nil {
			return err
		}
		if old, err := os.ReadFile(file); err == nil && string(old) == content {
			continue
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// kubeconfig returns a kubeconfig that embeds the certificates, so that the file can be copied.
func kubeconfig(l layout.Layout, cert string) (string, error) {
	var encoded [3]string
	for i, name := range []string{clusterCA + ".crt", cert + ".crt", cert + ".key"} {
		data, err := os.ReadFile(l.Kube("pki", name))
		if err != nil {
			return "", err
		}
		encoded[i] = base64.StdEncoding.EncodeToString(data)
	}
	return fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: %[1]s
clusters:
- name: %[1]s
  cluster: {server: "%[2]s", certificate-authority-data: %[3]s}
users:
- name: %[6]s
  user: {client-certificate-data: %[4]s, client-key-data: %[5]s}
contexts:
- name: %[1]s
  context: {cluster: %[1]s, user: %[6]s}
`, layout.Context, layout.APIServer, encoded[0], encoded[1], encoded[2], cert), nil
}
