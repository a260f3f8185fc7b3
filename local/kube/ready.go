package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/vllm-eks/vllm-eks/local/layout"
)

// listening returns an error unless something accepts connections at the address.
func listening(network, address string) error {
	conn, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}

// apiServerReady returns an error unless the API server is ready. A controller manager that
// starts earlier exits, because the API server has not yet written its RBAC rules.
func apiServerReady(l layout.Layout) error {
	cert, err := tls.LoadX509KeyPair(l.Kube("pki", "admin.crt"), l.Kube("pki", "admin.key"))
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(l.Kube("pki", clusterCA+".crt"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return errors.New("the cluster's authority has no certificate")
	}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{Certificates: []tls.Certificate{cert}, RootCAs: roots, MinVersion: tls.VersionTLS13},
		DisableKeepAlives: true,
	}
	client := &http.Client{Transport: transport, Timeout: 2 * time.Second}
	response, err := client.Get(layout.APIServer + "/readyz")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the API server answers %s", response.Status)
	}
	return nil
}
