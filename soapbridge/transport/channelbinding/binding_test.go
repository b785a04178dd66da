package channelbinding

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"testing"
)

func stateOf(algorithm x509.SignatureAlgorithm) tls.ConnectionState {
	leaf := &x509.Certificate{Raw: []byte("certificate"), SignatureAlgorithm: algorithm}
	issuer := &x509.Certificate{Raw: []byte("issuer"), SignatureAlgorithm: x509.SHA512WithRSA}
	return tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf, issuer}}
}

func TestServerEndPointUsesTheHashOfTheSignatureAlgorithm(t *testing.T) {
	sum256, sum384, sum512 := sha256.Sum256([]byte("certificate")), sha512.Sum384([]byte("certificate")), sha512.Sum512([]byte("certificate"))
	for algorithm, sum := range map[x509.SignatureAlgorithm][]byte{
		x509.MD5WithRSA:       sum256[:],
		x509.SHA1WithRSA:      sum256[:],
		x509.ECDSAWithSHA1:    sum256[:],
		x509.SHA256WithRSA:    sum256[:],
		x509.SHA256WithRSAPSS: sum256[:],
		x509.ECDSAWithSHA256:  sum256[:],
		x509.SHA384WithRSA:    sum384[:],
		x509.ECDSAWithSHA384:  sum384[:],
		x509.SHA512WithRSAPSS: sum512[:],
		x509.ECDSAWithSHA512:  sum512[:],
	} {
		t.Run(algorithm.String(), func(t *testing.T) {
			got, err := ServerEndPoint(stateOf(algorithm))
			if want := append([]byte("tls-server-end-point:"), sum...); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("got %x, %v; want %x", got, err, want)
			}
		})
	}
}

func TestUndefinedBindingIsNoBinding(t *testing.T) {
	if _, err := ServerEndPoint(stateOf(x509.PureEd25519)); !errors.Is(err, ErrUndefined) {
		t.Errorf("error %v, want ErrUndefined", err)
	}
	if hash, err := ServerEndPointHash(stateOf(x509.PureEd25519)); hash != nil || err != nil {
		t.Errorf("got %x, %v; want nothing", hash, err)
	}
}

func TestNoCertificateIsAnError(t *testing.T) {
	if _, err := ServerEndPointHash(tls.ConnectionState{}); err == nil || errors.Is(err, ErrUndefined) {
		t.Errorf("error %v", err)
	}
}

func TestHashIsOfTheGSSStructure(t *testing.T) {
	structure, err := hex.DecodeString("00000000" + "00000000" + "00000000" + "00000000" + "03000000" + "616263")
	if err != nil {
		t.Fatal(err)
	}
	want := md5.Sum(structure)
	if got := Hash([]byte("abc")); !bytes.Equal(got, want[:]) {
		t.Errorf("got %x, want %x", got, want)
	}
}
