package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// TLSFiles name files in PEM form. They are looked at for each new connection and read again when they have changed. As long
// as they cannot be read, or do not fit together, what was read last stays in force.
type TLSFiles struct {
	// CA holds the certificates that the server's must lead to, instead of the system's.
	CA string
	// Certificate and Key are the client certificate, its chain included, and its private key. Both or neither.
	Certificate, Key string
}

func (f TLSFiles) paths() []string {
	var paths []string
	for _, path := range [...]string{f.CA, f.Certificate, f.Key} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// apply returns the settings with what the files hold now.
func (f TLSFiles) apply(base *tls.Config) (*tls.Config, error) {
	config := base.Clone()
	if f.CA != "" {
		pem, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM form", f.CA)
		}
	}
	if f.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(f.Certificate, f.Key)
		if err != nil {
			return nil, fmt.Errorf("client certificate %s: %w", f.Certificate, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// tlsSource gives the TLS settings for a new connection.
type tlsSource struct {
	base  *tls.Config
	files TLSFiles
	log   *slog.Logger

	mu      sync.Mutex
	stamps  map[string]*fileStamp
	current *tls.Config
	trouble string // the last error that was logged
}

func newTLSSource(config Config, host string) (*tlsSource, error) {
	files := config.TLSFiles
	if (files.Certificate == "") != (files.Key == "") {
		return nil, errors.New("a client certificate needs both its file and its key's")
	}
	s := &tlsSource{base: tlsSettings(config, host), files: files, log: config.Log, stamps: map[string]*fileStamp{}}
	for _, path := range files.paths() {
		s.stamps[path] = &fileStamp{}
	}
	if err := s.refresh(); err != nil {
		return nil, fmt.Errorf("files for tls: %w", err)
	}
	return s, nil
}

// config returns the current settings.
func (s *tlsSource) config() *tls.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refresh(); err == nil {
		s.trouble = ""
	} else if text := err.Error(); text != s.trouble {
		s.trouble = text
		s.log.Warn("the files for TLS cannot be used; what was read last stays in force", "error", err)
	}
	return s.current
}

// clientEnds is when the client certificate ends; zero without one.
func (s *tlsSource) clientEnds() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, pair := range s.current.Certificates {
		if pair.Leaf != nil {
			return pair.Leaf.NotAfter
		}
	}
	return time.Time{}
}

func (s *tlsSource) refresh() error {
	stale := s.current == nil || s.trouble != ""
	for path, stamp := range s.stamps {
		changed, err := stamp.changed(path)
		if err != nil {
			return err
		}
		stale = stale || changed
	}
	if !stale {
		return nil
	}
	config, err := s.files.apply(s.base)
	if err == nil {
		s.current = config
	}
	return err
}

// tlsSettings completes the settings of the configuration.
func tlsSettings(config Config, host string) *tls.Config {
	settings := &tls.Config{}
	if config.TLS != nil {
		settings = config.TLS.Clone()
	}
	setDefault(&settings.ServerName, host)
	setDefault(&settings.MinVersion, tls.VersionTLS12)
	settings.NextProtos = []string{"http/1.1"}
	if settings.MinVersion < tls.VersionTLS12 {
		config.Log.Warn("TLS below 1.2 is allowed to the backend: it can be read and changed on the way",
			"endpoint", config.URL, "minimum", tls.VersionName(settings.MinVersion))
		if settings.CipherSuites == nil {
			settings.CipherSuites = agedCipherSuites()
		}
	}
	if settings.InsecureSkipVerify {
		config.Log.Warn("the backend's certificate is not checked", "endpoint", config.URL)
	}
	if settings.Renegotiation == tls.RenegotiateNever && (config.TLSFiles.Certificate != "" || len(settings.Certificates) > 0) {
		// IIS asks for a client certificate by renegotiation where one path of a site wants it and others do not.
		settings.Renegotiation = tls.RenegotiateOnceAsClient
	}
	return settings
}

// agedCipherSuites adds to the standard ones what Windows Server 2003 to 2008 can do, without RC4.
func agedCipherSuites() []uint16 {
	var ids []uint16
	for _, suite := range tls.CipherSuites() {
		ids = append(ids, suite.ID)
	}
	return append(ids, tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA,
		tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA)
}
