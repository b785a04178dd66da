package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// tlsFlags say how the connection is protected.
type tlsFlags struct {
	TLS        string `name:"tls" enum:"auto,on,off" default:"auto" help:"TLS on the gRPC port: ${enum} (${default}: not to this machine, unless a file below is given)."`
	CAFile     string `name:"ca-file" type:"path" placeholder:"FILE" help:"Certificates that the gateway's must lead to, instead of the system's."`
	CertFile   string `name:"cert-file" type:"path" placeholder:"FILE" help:"Client certificate, with --key-file."`
	KeyFile    string `name:"key-file" type:"path" placeholder:"FILE" help:"Private key of the client certificate."`
	ServerName string `name:"server-name" placeholder:"HOST" help:"Name in the gateway's certificate (the host of the address)."`
}

// asked tells whether a flag is of use with TLS only.
func (f *tlsFlags) asked() bool {
	return f.TLS == "on" || f.CAFile != "" || f.CertFile != "" || f.KeyFile != "" || f.ServerName != ""
}

// wanted tells whether TLS protects a gRPC connection to the host.
func (f *tlsFlags) wanted(host string) bool {
	return f.TLS != "off" && (f.asked() || !isLoopback(host))
}

func (f *tlsFlags) config() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: f.ServerName}
	if f.CAFile != "" {
		certificates, err := os.ReadFile(f.CAFile)
		if err != nil {
			return nil, fmt.Errorf("--ca-file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(certificates) {
			return nil, fmt.Errorf("--ca-file: %s holds no certificate in PEM form", f.CAFile)
		}
	}
	if (f.CertFile == "") != (f.KeyFile == "") {
		return nil, usageError("--cert-file and --key-file need each other")
	}
	if f.CertFile != "" {
		own, err := tls.LoadX509KeyPair(f.CertFile, f.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("--cert-file and --key-file: %w", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	return config, nil
}
