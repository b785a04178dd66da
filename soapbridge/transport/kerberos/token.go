package kerberos

import (
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/jcmturner/gokrb5/v8/iana"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/umgateway/umgateway/soapbridge/transport/channelbinding"
)

const (
	// Flags of GSS-API (RFC 4121 section 4.1.1.1).
	flagConfidentiality = 0x10
	flagIntegrity       = 0x20

	// An authorization element by which the client says that it binds channels, so that the service may insist on that
	// (MS-KILE section 3.2.5.8).
	elementIfRelevant = 1
	elementOptions    = 143
	optionBinds       = 0x4000
)

var (
	oidSPNEGO   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 2}        // RFC 4178 appendix A
	oidKerberos = asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2} // RFC 4121 section 4.1
	tokenAPReq  = []byte{0x01, 0x00}                                // ditto
	framed      = der.Tag(0).Constructed() | classApplication       // RFC 2743 section 3.1
)

const classApplication der.Tag = 0x40

// token makes a SPNEGO token that offers one mechanism, Kerberos, and brings its first message along.
func (p *Profile) token(t *ticket, bindings []byte) ([]byte, error) {
	proof := p.authenticator(t)
	proof.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: bindingChecksum(bindings)}
	proof.SubKey = newKey(t.key.KeyType)
	if bindings != nil {
		var err error
		if proof.AuthorizationData, err = bindingOptions(); err != nil {
			return nil, err
		}
	}
	request, err := present(t, proof)
	if err != nil {
		return nil, err
	}
	inner, err := frame(oidKerberos, func(b *cryptobyte.Builder) {
		b.AddBytes(tokenAPReq)
		b.AddBytes(request)
	})
	if err != nil {
		return nil, err
	}
	return frame(oidSPNEGO, func(b *cryptobyte.Builder) { addNegTokenInit(b, inner) })
}

// authenticator is the client's proof, made now (RFC 4120 section 5.5.1).
func (p *Profile) authenticator(t *ticket) types.Authenticator {
	now := p.now()
	return types.Authenticator{
		AVNO: iana.PVNO, CRealm: t.client.realm, CName: t.client.name,
		CTime: now, Cusec: now.Nanosecond() / 1000,
		SeqNumber: int64(rand.Int32N(math.MaxInt32>>1) + 1), // small enough for implementations that read it signed
	}
}

// present makes an AP-REQ of a ticket and an authenticator.
func present(t *ticket, proof types.Authenticator) ([]byte, error) {
	request, err := messages.NewAPReq(t.message, t.key, proof)
	if err != nil {
		return nil, fmt.Errorf("the ticket cannot be presented: %w", err)
	}
	return request.Marshal()
}

// bindingChecksum is the checksum field of RFC 4121 section 4.1.1: the length of the hash, the hash of the channel
// bindings, the flags. Numbers have four bytes, least significant first.
func bindingChecksum(bindings []byte) []byte {
	hash := make([]byte, 16)
	if bindings != nil {
		hash = channelbinding.Hash(bindings)
	}
	sum := append(binary.LittleEndian.AppendUint32(nil, uint32(len(hash))), hash...)
	return binary.LittleEndian.AppendUint32(sum, flagConfidentiality|flagIntegrity)
}

// bindingOptions is AD-IF-RELEVANT around AD-AUTH-DATA-AP-OPTIONS.
func bindingOptions() (types.AuthorizationData, error) {
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(der.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddASN1Int64(elementOptions) })
			b.AddASN1(der.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(binary.LittleEndian.AppendUint32(nil, optionBinds))
			})
		})
	})
	inner, err := b.Bytes()
	return types.AuthorizationData{{ADType: elementIfRelevant, ADData: inner}}, err
}

// frame puts the header of a mechanism before its token (RFC 2743 section 3.1).
func frame(mechanism asn1.ObjectIdentifier, token func(*cryptobyte.Builder)) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(framed, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(mechanism)
		token(b)
	})
	return b.Bytes()
}

// addNegTokenInit writes the first message of SPNEGO (RFC 4178 section 4.2.1). With one mechanism there is no list to
// protect, so no mechListMIC.
func addNegTokenInit(b *cryptobyte.Builder, token []byte) {
	field := func(b *cryptobyte.Builder, n uint8, content func(*cryptobyte.Builder)) {
		b.AddASN1(der.Tag(n).ContextSpecific().Constructed(), content)
	}
	field(b, 0, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			field(b, 0, func(b *cryptobyte.Builder) {
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidKerberos) })
			})
			field(b, 2, func(b *cryptobyte.Builder) { b.AddASN1OctetString(token) })
		})
	})
}
