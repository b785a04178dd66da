// Package channelbinding ties an authentication to the TLS session that carries it, so that it is worth nothing on another
// (RFC 5929, tls-server-end-point). Servers with Extended Protection answer 401 for ever without it.
//
// It promises the two values that the security mechanisms want: the application data of RFC 5929, and the MD5 hash of the
// GSS-API structure around it, which NTLM (MS-NLMP section 2.2.2.1, MsvAvChannelBindings) and Kerberos (RFC 4121 section
// 4.1.1.2) carry alike. MD5 is what both specifications demand.
package channelbinding

import (
	"crypto"
	"crypto/md5"
	_ "crypto/sha256" // registers the hashes that ServerEndPoint uses
	_ "crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
)

const prefix = "tls-server-end-point:"

// ErrUndefined says that RFC 5929 defines no tls-server-end-point for the server's certificate: its signature algorithm
// has no hash, or more than one. Authentication then goes on without a binding.
var ErrUndefined = errors.New("channel binding: none is defined for the certificate's signature algorithm")

// ServerEndPoint returns "tls-server-end-point:" and the hash of the server's certificate (RFC 5929 section 4.1): the hash
// of the certificate's own signature algorithm, but SHA-256 in place of MD5 and SHA-1.
func ServerEndPoint(state tls.ConnectionState) ([]byte, error) {
	if len(state.PeerCertificates) == 0 {
		return nil, errors.New("channel binding: the server showed no certificate")
	}
	leaf := state.PeerCertificates[0]
	hash, err := hashOf(leaf.SignatureAlgorithm)
	if err != nil {
		return nil, err
	}
	h := hash.New()
	h.Write(leaf.Raw)
	return h.Sum([]byte(prefix)), nil
}

func hashOf(algorithm x509.SignatureAlgorithm) (crypto.Hash, error) {
	switch algorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1,
		x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.DSAWithSHA256, x509.ECDSAWithSHA256:
		return crypto.SHA256, nil
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		return crypto.SHA384, nil
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		return crypto.SHA512, nil
	}
	return 0, fmt.Errorf("%w (%s)", ErrUndefined, algorithm)
}

// Hash returns the MD5 hash of a gss_channel_bindings_struct that has no addresses and this application data (RFC 4121
// section 4.1.1.2: every number takes four bytes, least significant first).
func Hash(applicationData []byte) []byte {
	// Type and length of the initiator's address, then of the acceptor's: all unspecified.
	structure := make([]byte, 16, 20+len(applicationData))
	structure = binary.LittleEndian.AppendUint32(structure, uint32(len(applicationData)))
	structure = append(structure, applicationData...)
	sum := md5.Sum(structure)
	return sum[:]
}

// ServerEndPointHash returns the Hash of the ServerEndPoint, or nil where none is defined.
func ServerEndPointHash(state tls.ConnectionState) ([]byte, error) {
	data, err := ServerEndPoint(state)
	if errors.Is(err, ErrUndefined) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return Hash(data), nil
}
