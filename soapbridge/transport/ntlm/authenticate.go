package ntlm

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"
)

// maxName bounds the characters of each of the names and of the password.
const maxName = 1024

// Credential is an account. A user principal name (user@example.com) goes into User, with Domain empty.
type Credential struct {
	Domain   string
	User     string
	Password string
}

// Options are what an authentication may add. Zero values stand for the defaults.
type Options struct {
	// TargetName is the service principal name, such as "HTTP/mail.example.com". Default: none.
	TargetName string
	// ChannelBindings is the MD5 hash of the GSS-API channel bindings, 16 bytes. Default: none, which is written as zeros.
	ChannelBindings []byte
	// Workstation is the name of this computer. Default: none.
	Workstation string
	// Now is asked for the time where the server told none. Default time.Now.
	Now func() time.Time
	// Random is the source of the client's nonce. Default crypto/rand.
	Random io.Reader
}

// Negotiate returns the first message (MS-NLMP section 2.2.1.1). It names nobody.
func Negotiate() []byte {
	message := append([]byte(signature), messageNegotiate, 0, 0, 0)
	message = binary.LittleEndian.AppendUint32(message, offered)
	message = append(message, make([]byte, 16)...) // no domain, no workstation
	return append(message, version[:]...)
}

// Authenticate returns the third message (MS-NLMP section 2.2.1.3): the answer to the server's challenge message. Its
// errors do not hold the credential.
func Authenticate(challengeMessage []byte, credential Credential, options Options) ([]byte, error) {
	challenge, err := ParseChallenge(challengeMessage)
	if err != nil {
		return nil, err
	}
	if err := check(credential, options); err != nil {
		return nil, fmt.Errorf("ntlm: %w", err)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Random == nil {
		options.Random = rand.Reader
	}
	message, err := authenticate(challenge, credential, options)
	if err != nil {
		return nil, fmt.Errorf("ntlm: %w", err)
	}
	return message, nil
}

func check(credential Credential, options Options) error {
	if credential.User == "" {
		return errors.New("the user name is empty")
	}
	for _, text := range [...]string{credential.Domain, credential.User, credential.Password, options.TargetName, options.Workstation} {
		if !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxName {
			return fmt.Errorf("a name or the password is not UTF-8 or has more than %d characters", maxName)
		}
	}
	if n := len(options.ChannelBindings); n != 0 && n != 16 {
		return fmt.Errorf("the channel bindings have %d bytes, want 16", n)
	}
	return nil
}

func authenticate(challenge *Challenge, credential Credential, options Options) ([]byte, error) {
	var nonce [8]byte
	if _, err := io.ReadFull(options.Random, nonce[:]); err != nil {
		return nil, fmt.Errorf("make a nonce: %w", err)
	}
	info := challenge.clientInfo(options)
	blob := appendBlob(nil, challenge.timestamp(options.Now), nonce, info)
	key := responseKey(credential)
	proof := ntProof(key, challenge.nonce, blob)
	message := authenticateMessage{
		ntResponse:  append(proof, blob...),
		domain:      toUTF16(credential.Domain),
		user:        toUTF16(credential.User),
		workstation: toUTF16(options.Workstation),
		flags:       challenge.flags & offered,
	}.marshal()
	if len(message) > 1<<16 {
		return nil, errors.New("the answer to the challenge would be too long")
	}
	code := hmacMD5(sessionBaseKey(key, proof), Negotiate(), challenge.raw, message)
	copy(message[micOffset:], code)
	return message, nil
}

// clientInfo is the server's target information with what the client adds (MS-NLMP section 3.1.5.1.2).
func (c *Challenge) clientInfo(options Options) []avPair {
	flags := avFlagMIC
	if told := findAV(c.info, avFlags); told != nil {
		flags |= binary.LittleEndian.Uint32(told)
	}
	bindings := options.ChannelBindings
	if len(bindings) == 0 {
		bindings = make([]byte, 16)
	}
	info := setAV(c.info, avFlags, binary.LittleEndian.AppendUint32(nil, flags))
	info = setAV(info, avChannelBindings, bindings)
	return setAV(info, avTargetName, toUTF16(options.TargetName))
}

// timestamp is the server's time, so that a wrong clock here does no harm; only very old servers do not tell it.
func (c *Challenge) timestamp(now func() time.Time) uint64 {
	if told := findAV(c.info, avTimestamp); told != nil {
		return binary.LittleEndian.Uint64(told)
	}
	return fileTime(now())
}

// fileTime counts tenths of a microsecond since 1601 (MS-DTYP section 2.3.3).
func fileTime(t time.Time) uint64 {
	const secondsFrom1601To1970 = 11_644_473_600
	return uint64(t.Unix()+secondsFrom1601To1970)*10_000_000 + uint64(t.Nanosecond()/100)
}

type authenticateMessage struct {
	ntResponse, domain, user, workstation []byte
	flags                                 uint32
}

const (
	micOffset     = 72
	payloadOffset = micOffset + 16
)

// marshal writes the message with zeros for the integrity code. The LM response is 24 zeros, and there is no session key.
func (m authenticateMessage) marshal() []byte {
	header := append(make([]byte, 0, payloadOffset), signature...)
	header = append(header, messageAuthenticate, 0, 0, 0)
	payload := []byte(nil)
	for _, part := range [...][]byte{make([]byte, 24), m.ntResponse, m.domain, m.user, m.workstation, nil} {
		header = binary.LittleEndian.AppendUint16(header, uint16(len(part)))
		header = binary.LittleEndian.AppendUint16(header, uint16(len(part)))
		header = binary.LittleEndian.AppendUint32(header, uint32(payloadOffset+len(payload)))
		payload = append(payload, part...)
	}
	header = binary.LittleEndian.AppendUint32(header, m.flags)
	header = append(header, version[:]...)
	header = append(header, make([]byte, 16)...)
	return append(header, payload...)
}
