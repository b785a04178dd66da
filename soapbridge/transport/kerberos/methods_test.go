package kerberos

import (
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// methods is the METHOD-DATA of a KRB-ERROR with one ETYPE-INFO2 entry (RFC 4120 sections 5.2.7.5 and 5.9.1).
func methods(kind int32, salt string, parameters []byte) []byte {
	return methodList(hint{kind, salt, parameters})
}

func methodList(hints ...hint) []byte {
	field := func(n uint8) der.Tag { return der.Tag(n).ContextSpecific().Constructed() }
	var info, all cryptobyte.Builder
	info.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, h := range hints {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(field(0), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(h.kind)) })
				if h.salt != "" {
					b.AddASN1(field(1), func(b *cryptobyte.Builder) {
						b.AddASN1(der.GeneralString, func(b *cryptobyte.Builder) { b.AddBytes([]byte(h.salt)) })
					})
				}
				if h.parameters != nil {
					b.AddASN1(field(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(h.parameters) })
				}
			})
		}
	})
	all.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(field(1), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(patype.PA_ETYPE_INFO2)) })
			b.AddASN1(field(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(info.BytesOrPanic()) })
		})
	})
	return all.BytesOrPanic()
}
