package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// expirySoon is how long a certificate must be valid yet to be no matter of concern.
const expirySoon = 30 * 24 * time.Hour

// encryption looks at the server's certificate.
func (x *examination) encryption(ctx context.Context) bool {
	if x.address.Scheme != "https" {
		verdict, fix := Note, ""
		if x.settings.Auth != "none" && x.settings.Auth != "" {
			verdict, fix = Warn, "use https, so that nobody on the way can read or change calls"
		}
		x.find("tls", verdict, "the connection is not encrypted", fix)
		return true
	}
	config, err := x.tlsConfig()
	if err != nil {
		x.find("tls", Fail, err.Error(), "correct --backend-ca-file")
		return false
	}
	state, err := x.handshake(ctx, config)
	if err != nil {
		x.find("tls", Fail, err.Error(), tlsFix(err))
		return false
	}
	leaf := state.PeerCertificates[0]
	detail := fmt.Sprintf("%s, certificate of %v, valid until %s", tls.VersionName(state.Version), leaf.DNSNames, leaf.NotAfter.Format(time.DateOnly))
	if time.Until(leaf.NotAfter) < expirySoon {
		x.find("tls", Warn, detail, "renew the server's certificate")
		return true
	}
	x.find("tls", Good, detail, "")
	return true
}

func (x *examination) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{ServerName: x.settings.ServerName, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if config.ServerName == "" {
		config.ServerName = x.address.Hostname()
	}
	if x.settings.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(x.settings.CAFile)
	if err != nil {
		return nil, err
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", x.settings.CAFile)
	}
	return config, nil
}

func (x *examination) handshake(ctx context.Context, config *tls.Config) (tls.ConnectionState, error) {
	dialer := &tls.Dialer{NetDialer: &net.Dialer{}, Config: config}
	connection, err := dialer.DialContext(ctx, "tcp", x.hostPort())
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer connection.Close()
	secure, isTLS := connection.(*tls.Conn)
	if !isTLS {
		return tls.ConnectionState{}, errors.New("not a TLS connection")
	}
	return secure.ConnectionState(), nil
}

// tlsFix says what to do about a handshake that failed.
func tlsFix(err error) string {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &unknown):
		return "name the authority that signed the server's certificate by --backend-ca-file"
	case errors.As(err, &hostname):
		return "use a name that stands in the certificate, or give it by --backend-server-name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew the server's certificate, or set the clock of this machine"
	case errors.As(err, &record):
		return "the server does not speak TLS on this port: use http, or the port of https"
	}
	return "check that the server offers TLS 1.2; --backend-tls-min-version allows older versions, at a risk"
}
