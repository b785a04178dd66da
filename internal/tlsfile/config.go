package tlsfile

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// ClientAuth says what is asked of clients.
type ClientAuth string

// The kinds of client authentication.
const (
	// ClientAuthNone: clients are not asked for a certificate.
	ClientAuthNone ClientAuth = "none"
	// ClientAuthAsk: clients are asked, and what they show is not checked by the handshake. Somebody else must check it
	// with each call, and can then tell them what is wrong with it.
	ClientAuthAsk ClientAuth = "ask"
	// ClientAuthVerify: clients are asked, and a certificate that is not right ends the handshake.
	ClientAuthVerify ClientAuth = "verify"
	// ClientAuthRequire: as ClientAuthVerify, and no certificate ends the handshake too.
	ClientAuthRequire ClientAuth = "require"
)

var clientAuthTypes = map[ClientAuth]tls.ClientAuthType{
	ClientAuthNone: tls.NoClientCert, ClientAuthAsk: tls.RequestClientCert,
	ClientAuthVerify: tls.VerifyClientCertIfGiven, ClientAuthRequire: tls.RequireAndVerifyClientCert,
}

// Config names the files.
type Config struct {
	// CertFile is a PEM file with the server's certificate, followed by the authorities between it and the root. Required.
	CertFile string
	// KeyFile is a PEM file with the certificate's private key. It may be the same file. Required.
	KeyFile string
	// ClientCAFile is a PEM file with the authorities that sign client certificates. Required unless ClientAuth is none.
	ClientCAFile string
	// ClientAuth says what is asked of clients. Default: ask if there is a ClientCAFile, otherwise none.
	ClientAuth ClientAuth
	// MinVersion is the lowest version, tls.VersionTLS12 or tls.VersionTLS13. Default tls.VersionTLS12.
	MinVersion uint16
	// Now is the clock, by which the files are looked at and certificates are checked. Default time.Now.
	Now func() time.Time
	// Log tells when files were read again, and when they could not be used. Default: nowhere.
	Log *slog.Logger
}

func (c Config) complete() (Config, error) {
	var errs []error
	if c.CertFile == "" || c.KeyFile == "" {
		errs = append(errs, errors.New("a certificate file and a key file are required"))
	}
	if c.ClientAuth == "" {
		c.ClientAuth = ClientAuthNone
		if c.ClientCAFile != "" {
			c.ClientAuth = ClientAuthAsk
		}
	}
	if _, known := clientAuthTypes[c.ClientAuth]; !known {
		errs = append(errs, fmt.Errorf("client authentication %q is none of none, ask, verify, require", string(c.ClientAuth)))
	}
	if (c.ClientAuth == ClientAuthNone) != (c.ClientCAFile == "") {
		errs = append(errs, errors.New("client authentication and a client ca file need each other"))
	}
	switch c.MinVersion {
	case 0:
		c.MinVersion = tls.VersionTLS12
	case tls.VersionTLS12, tls.VersionTLS13:
	default:
		errs = append(errs, errors.New("the lowest version must be tls 1.2 or 1.3"))
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c, errors.Join(errs...)
}
