package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The users that have a token. The tokens themselves are random in each run.
const (
	adminToken = iota
	componentToken
	teamAToken
	nobodyToken
	twoTeamsToken
	listerToken
	readerToken
	tokenCount
)

var tokenUsers = [tokenCount]struct{ user, groups string }{
	adminToken:     {"admin", "system:masters"},
	componentToken: {"rig:components", "system:masters"},
	teamAToken:     {"viewer-team-a", "team-a"},
	nobodyToken:    {"nobody", ""},
	twoTeamsToken:  {"viewer-two-teams", ""},
	listerToken:    {"lister", ""},
	readerToken:    {"reader", ""},
}

// pki is the certificate authority of one rig and the secrets made with it, all of them files in its directory.
type pki struct {
	dir    string
	ca     *x509.Certificate
	key    *ecdsa.PrivateKey
	pool   *x509.CertPool
	tokens [tokenCount]string
}

func newPKI(dir string) (*pki, error) {
	p := &pki{dir: filepath.Join(dir, "pki"), pool: x509.NewCertPool()}
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	ca := template("rig-ca")
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, &p.key.PublicKey, p.key)
	if err != nil {
		return nil, err
	}
	if p.ca, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	p.pool.AddCert(p.ca)
	if err := p.writePEM("ca.crt", "CERTIFICATE", der); err != nil {
		return nil, err
	}

	server := template("rig")
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	server.DNSNames = []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}
	server.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.IPv4(10, 96, 0, 1)}
	if err := p.issue("server", server); err != nil {
		return nil, err
	}
	// Whom kube-apiserver is to etcd and to the kubelet, and the user with a certificate instead of a token.
	for name, subject := range map[string]string{"client": "rig:apiserver", "admin": "cert-admin"} {
		client := template(subject, "system:masters")
		client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		if err := p.issue(name, client); err != nil {
			return nil, err
		}
	}

	accounts, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(&accounts.PublicKey)
	if err != nil {
		return nil, err
	}
	if err := p.writePEM("sa.pub", "PUBLIC KEY", public); err != nil {
		return nil, err
	}
	if err := p.writeKey("sa.key", accounts); err != nil {
		return nil, err
	}

	var csv strings.Builder
	for i, u := range tokenUsers {
		secret := make([]byte, 16)
		rand.Read(secret)
		p.tokens[i] = "rig-" + hex.EncodeToString(secret)
		fmt.Fprintf(&csv, "%s,%s,%s", p.tokens[i], u.user, u.user)
		if u.groups != "" {
			fmt.Fprintf(&csv, ",%q", u.groups)
		}
		csv.WriteString("\n")
	}
	files := map[string]string{
		"tokens.csv":        csv.String(),
		"audit-policy.yaml": "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n",
	}
	for name, text := range files {
		if err := os.WriteFile(p.path(name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *pki) path(name string) string { return filepath.Join(p.dir, name) }

func (p *pki) read(name string) []byte {
	data, err := os.ReadFile(p.path(name))
	if err != nil {
		panic(err) // written by newPKI
	}
	return data
}

func template(name string, organizations ...string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err)
	}
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: organizations},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

func (p *pki) issue(name string, certificate *x509.Certificate) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, certificate, p.ca, &key.PublicKey, p.key)
	if err != nil {
		return err
	}
	if err := p.writePEM(name+".crt", "CERTIFICATE", der); err != nil {
		return err
	}
	return p.writeKey(name+".key", key)
}

func (p *pki) writeKey(name string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return p.writePEM(name, "EC PRIVATE KEY", der)
}

func (p *pki) writePEM(name, kind string, der []byte) error {
	return os.WriteFile(p.path(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// clientTLS trusts our authority and shows the certificate that etcd asks for.
func (p *pki) clientTLS() (*tls.Config, error) {
	certificate, err := tls.LoadX509KeyPair(p.path("client.crt"), p.path("client.key"))
	if err != nil {
		return nil, err
	}
	return &tls.Config{RootCAs: p.pool, Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
}
