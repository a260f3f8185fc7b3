package simulation

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// domain is the suffix of the API servers' names of simulated clusters.
const domain = ".simulated.invalid"

// Proxy answers for the API servers of simulated clusters, because the EKS component waits
// until a new cluster's API server is healthy. It forwards nothing, so the component reaches
// nothing else through it.
type Proxy struct {
	Address string
	// Healthy counts the answered health checks, and Refused all other requests.
	Healthy, Refused atomic.Int64
	listener         net.Listener
	certificate      tls.Certificate
}

// Listen starts a proxy on this machine's loopback.
func Listen() (*Proxy, error) {
	certificate, err := selfSigned()
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{Address: listener.Addr().String(), listener: listener, certificate: certificate}
	go p.serve()
	return p, nil
}

// Close ends the proxy.
func (p *Proxy) Close() error { return p.listener.Close() }

func (p *Proxy) serve() {
	for {
		connection, err := p.listener.Accept()
		if err != nil {
			return // the listener was closed
		}
		go p.answer(connection)
	}
}

// answer serves one connection: CONNECT, TLS, one request.
func (p *Proxy) answer(connection net.Conn) {
	defer func() { _ = connection.Close() }()                    // the client may have closed it
	_ = connection.SetDeadline(time.Now().Add(10 * time.Second)) // TCP connections support deadlines
	request, err := http.ReadRequest(bufio.NewReader(connection))
	if err != nil {
		return
	}
	host, _, _ := strings.Cut(request.Host, ":")
	if request.Method != http.MethodConnect || !strings.HasSuffix(host, domain) {
		p.Refused.Add(1)
		fmt.Fprint(connection, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
		return
	}
	fmt.Fprint(connection, "HTTP/1.1 200 Connection established\r\n\r\n")
	secure := tls.Server(connection, &tls.Config{Certificates: []tls.Certificate{p.certificate}, MinVersion: tls.VersionTLS12})
	question, err := http.ReadRequest(bufio.NewReader(secure))
	if err != nil {
		return
	}
	status := "404 Not Found"
	if question.URL.Path == "/healthz" {
		status = "200 OK"
		p.Healthy.Add(1)
	} else {
		p.Refused.Add(1)
	}
	fmt.Fprintf(secure, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status)
	_ = secure.Close()
}

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{"*" + domain}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
