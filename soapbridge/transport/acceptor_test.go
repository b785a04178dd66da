package transport_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	//lint:ignore SA1019 the specification's hash
	"golang.org/x/crypto/md4"
)

// acceptorConn is the server's side of NTLM on one connection. It is written from MS-NLMP (section 3.2.5 and 3.3.2) for these
// tests only, and shares nothing with the client's side.
type acceptorConn struct {
	passwords map[string]string // by DOMAIN\user, or by user principal name
	bindings  []byte            // MD5 of the channel bindings that the client must send; nil if they do not matter
	target    string            // the service that the client must ask for; empty if it does not matter

	negotiate, challenge []byte
	nonce                [8]byte
}

// accept takes a message of the client and returns the answer, or who the user is.
func (a *acceptorConn) accept(token string) (answer, user string, err error) {
	message, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(message) < 12 || string(message[:8]) != "NTLMSSP\x00" {
		return "", "", errors.New("not an NTLM message")
	}
	switch binary.LittleEndian.Uint32(message[8:]) {
	case 1:
		if len(message) < 40 {
			return "", "", errors.New("the negotiate message is too short, as gss-ntlmssp has it")
		}
		a.negotiate = message
		a.challenge = a.newChallenge()
		return base64.StdEncoding.EncodeToString(a.challenge), "", nil
	case 3:
		if a.challenge == nil {
			return "", "", errors.New("an answer on a connection that was not challenged")
		}
		user, err := a.verify(message)
		a.challenge = nil
		return "", user, err
	}
	return "", "", errors.New("a message of another type")
}

func (a *acceptorConn) newChallenge() []byte {
	rand.Read(a.nonce[:])
	name := utf16le("CONTOSO")
	info := pair(2, name)                            // the domain
	info = append(info, pair(1, utf16le("MAIL"))...) // the computer
	info = append(info, pair(7, make([]byte, 8))...) // the time
	info = append(info, pair(0, nil)...)             // the end
	out := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	out = append(out, place(len(name), 56)...)
	out = binary.LittleEndian.AppendUint32(out, 0xE28A8215) // what Windows offers: Unicode, signing, 128 bits, information
	out = append(out, a.nonce[:]...)
	out = append(out, make([]byte, 8)...)
	out = append(out, place(len(info), 56+len(name))...)
	out = append(out, 10, 0, 0x63, 0x45, 0, 0, 0, 15)
	return append(append(out, name...), info...)
}

// verify checks the third message and returns the user whose password it proves.
func (a *acceptorConn) verify(message []byte) (string, error) {
	if len(message) < 88 {
		return "", errors.New("the answer is too short for an integrity code")
	}
	response, domain, user := payload(message, 20), fromLE(payload(message, 28)), fromLE(payload(message, 36))
	name := user
	if domain != "" {
		name = domain + `\` + user
	}
	password, known := a.passwords[strings.ToLower(name)]
	if !known || len(response) < 44 {
		return "", fmt.Errorf("no user %q, or no NTLMv2 response", name)
	}
	hash := md4.New()
	hash.Write(utf16le(password))
	key := mac(hash.Sum(nil), utf16le(strings.ToUpper(user)+domain))
	proof, blob := response[:16], response[16:]
	if !hmac.Equal(proof, mac(key, a.nonce[:], blob)) {
		return "", fmt.Errorf("wrong password of %q", name)
	}
	info := attributes(blob[28:])
	if len(info[6]) != 4 || info[6][0]&2 == 0 {
		return "", errors.New("no integrity code is announced")
	}
	if err := a.checkIntegrity(message, mac(key, proof)); err != nil {
		return "", err
	}
	if a.bindings != nil && !bytes.Equal(info[10], a.bindings) {
		return "", fmt.Errorf("channel bindings %x, want %x", info[10], a.bindings)
	}
	if a.target != "" && fromLE(info[9]) != a.target {
		return "", fmt.Errorf("the client asked for %q, want %q", fromLE(info[9]), a.target)
	}
	return name, nil
}

func (a *acceptorConn) checkIntegrity(message, key []byte) error {
	code := bytes.Clone(message[72:88])
	zeroed := bytes.Clone(message)
	clear(zeroed[72:88])
	if !hmac.Equal(code, mac(key, a.negotiate, a.challenge, zeroed)) {
		return errors.New("wrong integrity code")
	}
	return nil
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// attributes reads AV_PAIRs up to the end mark (section 2.2.2.1).
func attributes(b []byte) map[uint16][]byte {
	all := map[uint16][]byte{}
	for len(b) >= 4 {
		id, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if id == 0 || len(b) < 4+n {
			break
		}
		all[id], b = b[4:4+n], b[4+n:]
	}
	return all
}

func pair(id uint16, value []byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, id)
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(value))), value...)
}

func place(length, offset int) []byte {
	b := binary.LittleEndian.AppendUint16(nil, uint16(length))
	b = binary.LittleEndian.AppendUint16(b, uint16(length))
	return binary.LittleEndian.AppendUint32(b, uint32(offset))
}

func payload(message []byte, at int) []byte {
	length, offset := int(binary.LittleEndian.Uint16(message[at:])), int(binary.LittleEndian.Uint32(message[at+4:]))
	if offset < 0 || offset+length > len(message) {
		return nil
	}
	return message[offset : offset+length]
}

func utf16le(text string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

func fromLE(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
