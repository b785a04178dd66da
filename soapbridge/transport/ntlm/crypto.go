package ntlm

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"strings"

	//lint:ignore SA1019 NTLM hashes passwords with it
	"golang.org/x/crypto/md4"
)

// responseKey is NTOWFv2 (MS-NLMP section 3.3.2).
func responseKey(c Credential) []byte {
	hash := md4.New()
	hash.Write(toUTF16(c.Password))
	return hmacMD5(hash.Sum(nil), toUTF16(strings.ToUpper(c.User)+c.Domain))
}

// appendBlob writes the client's part of the response, "temp" in section 3.3.2 and NTLMv2_CLIENT_CHALLENGE in 2.2.2.7.
func appendBlob(dst []byte, timestamp uint64, nonce [8]byte, info []avPair) []byte {
	dst = append(dst, 1, 1, 0, 0, 0, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, timestamp)
	dst = append(dst, nonce[:]...)
	dst = append(dst, 0, 0, 0, 0)
	dst = appendAVPairs(dst, info)
	return append(dst, 0, 0, 0, 0)
}

// ntProof is NTProofStr of section 3.3.2.
func ntProof(key []byte, serverNonce [8]byte, blob []byte) []byte {
	return hmacMD5(key, serverNonce[:], blob)
}

// sessionBaseKey is the key of the integrity code, since no key is exchanged (section 3.4.5.1).
func sessionBaseKey(key, proof []byte) []byte { return hmacMD5(key, proof) }

func hmacMD5(key []byte, parts ...[]byte) []byte {
	mac := hmac.New(md5.New, key)
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}
