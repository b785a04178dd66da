package tlsfile

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// lookEvery is the shortest time between two looks at the files.
const lookEvery = time.Second

// Files are the files of one TLS server. They may be used by many goroutines at once.
type Files struct {
	config  Config
	current atomic.Pointer[loaded]

	mu     sync.Mutex
	looked time.Time
	bad    [sha256.Size]byte // contents that could not be used, so that the log says it once
	err    error             // of the last look
}

// Open reads the files. It is an error if they cannot be used.
func Open(config Config) (*Files, error) {
	config, err := config.complete()
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	f := &Files{config: config}
	if err := f.Reload(); err != nil {
		return nil, err
	}
	return f, nil
}

// Reload looks at the files now, whenever they were looked at before. After an error the last good ones stay in use.
func (f *Files) Reload() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.look()
}

// TLS returns the configuration of a server that speaks the protocols (ALPN), the preferred one first: "h2" for gRPC; "h2",
// "http/1.1" for HTTP.
func (f *Files) TLS(protocols ...string) *tls.Config {
	protocols = slices.Clone(protocols)
	base := f.server(f.current.Load(), protocols)
	// The base stays the same, so that the keys of session tickets, which it rotates, outlive the files.
	base.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return f.server(f.present(), protocols), nil
	}
	return base
}

func (f *Files) server(files *loaded, protocols []string) *tls.Config {
	return &tls.Config{
		Certificates:           []tls.Certificate{files.certificate},
		ClientAuth:             clientAuthTypes[f.config.ClientAuth],
		ClientCAs:              files.clientCAs,
		MinVersion:             f.config.MinVersion,
		NextProtos:             protocols,
		SessionTicketsDisabled: f.config.ClientAuth != ClientAuthNone,
		Time:                   f.config.Now,
	}
}

// ClientCAs returns the authorities that sign client certificates, as they are now; nil if clients are not asked for any. The
// pool is the same until they change.
func (f *Files) ClientCAs() *x509.CertPool { return f.present().clientCAs }

// Status is how it stands with the files.
type Status struct {
	// NotAfter is when the server's certificate expires.
	NotAfter time.Time
	// ClientCANotAfter is when the first of the client authorities expires; zero if there are none.
	ClientCANotAfter time.Time
	// Err is why the files, as they are now, cannot be used, so that older ones are; nil if they are in use.
	Err error
}

// Status tells how it stands with the files.
func (f *Files) Status() Status {
	files := f.present()
	f.mu.Lock()
	defer f.mu.Unlock()
	return Status{files.notAfter, files.caNotAfter, f.err}
}

// present returns the files that are in use, after a look at them if it is time for one. While one goroutine looks, others go
// on with what there is.
func (f *Files) present() *loaded {
	if f.mu.TryLock() {
		if since := f.config.Now().Sub(f.looked); since >= lookEvery || since < 0 {
			// The error stays in f.err and in the log.
			_ = f.look()
		}
		f.mu.Unlock()
	}
	return f.current.Load()
}

// look reads the files and, if they have changed and can be used, puts them in use.
func (f *Files) look() error {
	f.looked = f.config.Now()
	f.err = f.refresh()
	return f.err
}

func (f *Files) refresh() error {
	found, err := f.config.read()
	digest := found.digest()
	current := f.current.Load()
	if err == nil && current != nil && digest == current.digest {
		f.bad = [sha256.Size]byte{}
		return nil
	}
	var fresh *loaded
	if err == nil {
		fresh, err = found.load()
	}
	if err != nil {
		err = fmt.Errorf("tls: %w", err)
		if current != nil && digest != f.bad {
			f.config.Log.Error("the tls files cannot be used; those before stay in use", "error", err)
		}
		f.bad = digest
		return err
	}
	f.current.Store(fresh)
	f.bad = [sha256.Size]byte{}
	f.announce(fresh)
	return nil
}

func (f *Files) announce(fresh *loaded) {
	f.config.Log.Info("tls files read", "certificate", f.config.CertFile, "not_after", fresh.notAfter)
	now := f.config.Now()
	if now.After(fresh.notAfter) || now.Before(fresh.certificate.Leaf.NotBefore) {
		f.config.Log.Warn("the certificate is not valid at this time", "certificate", f.config.CertFile,
			"not_before", fresh.certificate.Leaf.NotBefore, "not_after", fresh.notAfter)
	}
}
