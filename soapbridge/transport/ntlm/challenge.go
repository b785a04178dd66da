package ntlm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode/utf16"
)

// maxChallenge bounds a challenge message. Real ones have some hundred bytes.
const maxChallenge = 16 << 10

// Challenge is what a server's challenge message says (MS-NLMP section 2.2.1.2).
type Challenge struct {
	TargetName string // the server's domain or name, as it calls itself
	flags      uint32
	nonce      [8]byte
	info       []avPair
	raw        []byte
}

// ParseChallenge reads a challenge message. It refuses one that does not allow NTLMv2 in Unicode, with a target
// information.
func ParseChallenge(message []byte) (*Challenge, error) {
	c, err := parseChallenge(message)
	if err != nil {
		return nil, fmt.Errorf("ntlm: read the server's challenge: %w", err)
	}
	return c, nil
}

func parseChallenge(message []byte) (*Challenge, error) {
	switch {
	case len(message) > maxChallenge:
		return nil, fmt.Errorf("it has more than %d bytes", maxChallenge)
	case len(message) < 48:
		return nil, errors.New("it is too short")
	case string(message[:8]) != signature || binary.LittleEndian.Uint32(message[8:]) != messageChallenge:
		return nil, errors.New("it is another message")
	}
	c := &Challenge{flags: binary.LittleEndian.Uint32(message[20:]), raw: slices.Clone(message)}
	copy(c.nonce[:], message[24:])
	if c.flags&flagUnicode == 0 || c.flags&flagNTLM == 0 || c.flags&flagExtendedSession == 0 {
		return nil, errors.New("the server does not offer NTLM in Unicode with extended session security")
	}
	name, err := field(c.raw, 12)
	if err != nil {
		return nil, err
	}
	c.TargetName = fromUTF16(name)
	info, err := field(c.raw, 40)
	if err != nil {
		return nil, err
	}
	if len(info) == 0 {
		return nil, errors.New("it has no target information, which NTLMv2 needs")
	}
	c.info, err = parseAVPairs(info)
	return c, err
}

// field reads the bytes that the length and offset at a place of the message point to.
func field(message []byte, at int) ([]byte, error) {
	length := int(binary.LittleEndian.Uint16(message[at:]))
	offset := binary.LittleEndian.Uint32(message[at+4:])
	if length == 0 {
		return nil, nil
	}
	if offset < 48 || int64(offset)+int64(length) > int64(len(message)) {
		return nil, errors.New("a field lies outside of the message")
	}
	return message[offset : int(offset)+length], nil
}

func toUTF16(text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return out
}

func fromUTF16(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
