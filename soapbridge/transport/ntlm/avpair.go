package ntlm

import (
	"encoding/binary"
	"errors"
)

// Attribute identifiers (MS-NLMP section 2.2.2.1).
const (
	avEnd             uint16 = 0
	avFlags           uint16 = 6
	avTimestamp       uint16 = 7
	avTargetName      uint16 = 9
	avChannelBindings uint16 = 10
)

// avFlagMIC in avFlags says that the authenticate message holds an integrity code.
const avFlagMIC uint32 = 2

type avPair struct {
	id    uint16
	value []byte
}

// parseAVPairs reads a list up to its end mark. What follows the mark is ignored, since servers pad it.
func parseAVPairs(b []byte) ([]avPair, error) {
	var pairs []avPair
	seen := map[uint16]bool{}
	for {
		if len(b) < 4 {
			return nil, errors.New("the target information has no end")
		}
		id, length := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if b = b[4:]; length > len(b) {
			return nil, errors.New("an attribute is longer than the target information")
		}
		if id == avEnd {
			return pairs, nil
		}
		if seen[id] {
			return nil, errors.New("an attribute stands twice in the target information")
		}
		if id == avFlags && length != 4 || id == avTimestamp && length != 8 {
			return nil, errors.New("an attribute of the target information has the wrong length")
		}
		seen[id] = true
		pairs = append(pairs, avPair{id, b[:length]})
		b = b[length:]
	}
}

func findAV(pairs []avPair, id uint16) []byte {
	for _, pair := range pairs {
		if pair.id == id {
			return pair.value
		}
	}
	return nil
}

// setAV returns the list with one attribute replaced or added. It leaves its argument alone.
func setAV(pairs []avPair, id uint16, value []byte) []avPair {
	out := make([]avPair, 0, len(pairs)+1)
	for _, pair := range pairs {
		if pair.id != id {
			out = append(out, pair)
		}
	}
	return append(out, avPair{id, value})
}

func appendAVPairs(dst []byte, pairs []avPair) []byte {
	for _, pair := range pairs {
		dst = binary.LittleEndian.AppendUint16(dst, pair.id)
		dst = binary.LittleEndian.AppendUint16(dst, uint16(len(pair.value)))
		dst = append(dst, pair.value...)
	}
	return append(dst, 0, 0, 0, 0)
}
