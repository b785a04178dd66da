package authn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// maxDocument is the largest document that is read from an issuer, in bytes.
const maxDocument = 1 << 20

// newClient makes a client that trusts the authorities in ca, or those of the system if it is empty.
func newClient(ca []byte) (*http.Client, error) {
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxIdleConns:           1,
		IdleConnTimeout:        fetchTimeout,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if len(ca) > 0 {
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(ca) {
			return nil, errors.New("ca_file: no certificate in it")
		}
	}
	return &http.Client{
		Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("redirects are not followed")
		},
	}, nil
}

// fetch returns the keys that the issuer publishes.
func (i *issuer) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	address := i.config.JWKSURL
	if address == "" {
		var err error
		if address, err = i.discover(ctx); err != nil {
			return nil, fmt.Errorf("discovery: %w", err)
		}
	}
	document, err := i.get(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	keys, err := parseKeys(document)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return keys, nil
}

// discover returns the address of the keys (OpenID Connect Discovery 1.0 section 4).
func (i *issuer) discover(ctx context.Context) (string, error) {
	document, err := i.get(ctx, strings.TrimSuffix(i.config.URL, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return "", err
	}
	var found struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(document, &found); err != nil {
		return "", fmt.Errorf("not a discovery document: %w", err)
	}
	// Section 4.3: the issuer returned must be the one that was asked for.
	if found.Issuer != i.config.URL {
		return "", fmt.Errorf("the document is about the issuer %q", found.Issuer)
	}
	return found.JWKSURI, checkURL("jwks_uri", found.JWKSURI)
}

func (i *issuer) get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	reply, err := i.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = reply.Body.Close() }()
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("http status %d from %s", reply.StatusCode, address)
	}
	document, err := io.ReadAll(io.LimitReader(reply.Body, maxDocument+1))
	switch {
	case err != nil:
		return nil, err
	case len(document) > maxDocument:
		return nil, fmt.Errorf("more than %d bytes from %s", maxDocument, address)
	}
	return document, nil
}
