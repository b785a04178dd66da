package ntlm

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"
)

// The example of MS-NLMP section 4.2.4: its challenge message, the names and the password of 4.2.1.
const exampleChallenge = "4e544c4d53535000" + "02000000" + "0c000c0038000000" + "33828ae2" + "0123456789abcdef" +
	"0000000000000000" + "2400240044000000" + "060070170000000f" + "530065007200760065007200" +
	"02000c0044006f006d00610069006e00" + "01000c00530065007200760065007200" + "00000000"

var exampleCredential = Credential{Domain: "Domain", User: "User", Password: "Password"}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPrimitivesGiveTheValuesOfTheSpecification(t *testing.T) {
	challenge, err := ParseChallenge(unhex(t, exampleChallenge))
	if err != nil {
		t.Fatal(err)
	}
	key := responseKey(exampleCredential)
	blob := appendBlob(nil, 0, [8]byte(bytes.Repeat([]byte{0xaa}, 8)), challenge.info)
	proof := ntProof(key, challenge.nonce, blob)
	for name, test := range map[string]struct {
		got  []byte
		want string
	}{
		"4.2.4.1.1 NTOWFv2":          {key, "0c868a403bfd7a93a3001ef22ef02e3f"},
		"4.2.4.1.3 temp":             {blob, "01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000"},
		"4.2.4.2.2 NTLMv2 response":  {proof, "68cd0ab851e51c96aabc927bebef6a1c"},
		"4.2.4.1.2 session base key": {sessionBaseKey(key, proof), "8de40ccadbc14a82f15cb0ad0de95ca3"},
	} {
		if !bytes.Equal(test.got, unhex(t, test.want)) {
			t.Errorf("%s: got %x, want %s", name, test.got, test.want)
		}
	}
	if challenge.TargetName != "Server" {
		t.Errorf("target name %q", challenge.TargetName)
	}
}

func TestNegotiateHasAVersionAndNamesNobody(t *testing.T) {
	message := Negotiate()
	if len(message) != 40 || !bytes.HasPrefix(message, []byte("NTLMSSP\x00\x01\x00\x00\x00")) {
		t.Fatalf("message %x", message)
	}
	if flags := binary.LittleEndian.Uint32(message[12:]); flags&flagVersion == 0 || flags&flagUnicode == 0 {
		t.Errorf("flags %08x", flags)
	}
	if !bytes.Equal(message[16:32], make([]byte, 16)) {
		t.Errorf("names %x", message[16:32])
	}
}

// parts reads an authenticate message by the offsets in MS-NLMP section 2.2.1.3.
func parts(t *testing.T, message []byte) (lm, nt, domain, user, workstation, key []byte) {
	t.Helper()
	var all [6][]byte
	for i := range all {
		at := 12 + 8*i
		length, offset := binary.LittleEndian.Uint16(message[at:]), binary.LittleEndian.Uint32(message[at+4:])
		all[i] = message[offset : offset+uint32(length)]
	}
	return all[0], all[1], all[2], all[3], all[4], all[5]
}

func authenticateExample(t *testing.T, challenge []byte, options Options) []byte {
	t.Helper()
	if options.Random == nil {
		options.Random = strings.NewReader("\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa")
	}
	message, err := Authenticate(challenge, exampleCredential, options)
	if err != nil {
		t.Fatal(err)
	}
	return message
}

func infoOf(t *testing.T, nt []byte) []avPair {
	t.Helper()
	info, err := parseAVPairs(nt[16+28:])
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestAuthenticateCarriesNamesAndNoLMResponse(t *testing.T) {
	message := authenticateExample(t, unhex(t, exampleChallenge), Options{})
	lm, _, domain, user, workstation, key := parts(t, message)
	if !bytes.Equal(lm, make([]byte, 24)) {
		t.Errorf("LM response %x", lm)
	}
	if fromUTF16(domain) != "Domain" || fromUTF16(user) != "User" || len(workstation) != 0 || len(key) != 0 {
		t.Errorf("domain %q, user %q, workstation %q, key %x", domain, user, workstation, key)
	}
	if flags := binary.LittleEndian.Uint32(message[60:]); flags&^offered != 0 {
		t.Errorf("flags %08x hold what was not offered", flags)
	}
}

func TestAuthenticateSignsBindingsTargetAndFlags(t *testing.T) {
	bindings := bytes.Repeat([]byte{7}, 16)
	_, nt, _, _, _, _ := parts(t, authenticateExample(t, unhex(t, exampleChallenge), Options{TargetName: "HTTP/mail", ChannelBindings: bindings}))
	info := infoOf(t, nt)
	if got := findAV(info, avChannelBindings); !bytes.Equal(got, bindings) {
		t.Errorf("channel bindings %x", got)
	}
	if got := fromUTF16(findAV(info, avTargetName)); got != "HTTP/mail" {
		t.Errorf("target name %q", got)
	}
	if got := binary.LittleEndian.Uint32(findAV(info, avFlags)); got != avFlagMIC {
		t.Errorf("flags %x", got)
	}
	proof := ntProof(responseKey(exampleCredential), [8]byte(unhex(t, "0123456789abcdef")), nt[16:])
	if !bytes.Equal(proof, nt[:16]) {
		t.Errorf("proof %x, want %x", nt[:16], proof)
	}
}

func TestIntegrityCodeCoversTheThreeMessages(t *testing.T) {
	challenge := unhex(t, exampleChallenge)
	message := authenticateExample(t, challenge, Options{})
	_, nt, _, _, _, _ := parts(t, message)
	code := bytes.Clone(message[72:88])
	clear(message[72:88])
	key := hmacMD5(unhex(t, "0c868a403bfd7a93a3001ef22ef02e3f"), nt[:16])
	if want := hmacMD5(key, Negotiate(), challenge, message); !bytes.Equal(code, want) {
		t.Errorf("code %x, want %x", code, want)
	}
}

// withInfo replaces the target information of the example.
func withInfo(t *testing.T, info []byte) []byte {
	t.Helper()
	message := unhex(t, exampleChallenge)[:68]
	binary.LittleEndian.PutUint16(message[40:], uint16(len(info)))
	binary.LittleEndian.PutUint16(message[42:], uint16(len(info)))
	return append(message, info...)
}

func TestServersTimeIsUsedWhereToldAndOursElsewhere(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC) }
	// 134117966450000006 tenths of a microsecond lie between 1601-01-01 and that time.
	for name, test := range map[string]struct {
		challenge []byte
		want      uint64
	}{
		"told":     {withInfo(t, unhex(t, "07000800"+"0102030405060708"+"00000000")), 0x0807060504030201},
		"not told": {unhex(t, exampleChallenge), 134117966450000006},
	} {
		_, nt, _, _, _, _ := parts(t, authenticateExample(t, test.challenge, Options{Now: now}))
		if got := binary.LittleEndian.Uint64(nt[24:]); got != test.want {
			t.Errorf("%s: time %d, want %d", name, got, test.want)
		}
	}
}

func TestServersFlagsAndUnknownAttributesAreKept(t *testing.T) {
	challenge := withInfo(t, unhex(t, "0600040001000000"+"ff7f0200beef"+"00000000"))
	_, nt, _, _, _, _ := parts(t, authenticateExample(t, challenge, Options{}))
	info := infoOf(t, nt)
	if got := binary.LittleEndian.Uint32(findAV(info, avFlags)); got != avFlagMIC|1 {
		t.Errorf("flags %x", got)
	}
	if got := findAV(info, 0x7fff); !bytes.Equal(got, []byte{0xbe, 0xef}) {
		t.Errorf("unknown attribute %x", got)
	}
}

func TestParseChallengeRefuses(t *testing.T) {
	change := func(at int, b ...byte) []byte {
		message := unhex(t, exampleChallenge)
		copy(message[at:], b)
		return message
	}
	for name, message := range map[string][]byte{
		"nothing":                      nil,
		"a short message":              unhex(t, exampleChallenge)[:47],
		"a long message":               append(unhex(t, exampleChallenge), make([]byte, maxChallenge)...),
		"another signature":            change(0, 'X'),
		"another message":              change(8, 1),
		"no Unicode":                   change(20, 0x32),
		"no extended session security": change(22, 0x82),
		"a name outside":               change(16, 0xff, 0xff),
		"an offset that overflows":     change(16, 0xff, 0xff, 0xff, 0xff),
		"a field in the header":        change(16, 8, 0, 0, 0),
		"no target information":        change(40, 0, 0, 0, 0),
		"information outside":          change(40, 0xff),
		"information without end":      withInfo(t, unhex(t, "02000200aabb")),
		"attribute beyond the end":     withInfo(t, unhex(t, "0200ff00aabb00000000")),
		"attribute twice":              withInfo(t, unhex(t, "02000000"+"02000000"+"00000000")),
		"short timestamp":              withInfo(t, unhex(t, "07000400aabbccdd00000000")),
		"short flags":                  withInfo(t, unhex(t, "06000200aabb00000000")),
	} {
		t.Run(name, func(t *testing.T) {
			if c, err := ParseChallenge(message); err == nil {
				t.Fatalf("accepted %+v", c)
			}
		})
	}
}

func TestAuthenticateRefusesBadInputWithoutTellingIt(t *testing.T) {
	for name, test := range map[string]struct {
		credential Credential
		options    Options
	}{
		"no user":         {Credential{Password: "hidden"}, Options{}},
		"not UTF-8":       {Credential{User: "u", Password: "hidden\xff"}, Options{}},
		"long password":   {Credential{User: "u", Password: strings.Repeat("hidden", maxName)}, Options{}},
		"short bindings":  {Credential{User: "u", Password: "hidden"}, Options{ChannelBindings: []byte{1}}},
		"no randomness":   {Credential{User: "u", Password: "hidden"}, Options{Random: strings.NewReader("")}},
		"long other name": {Credential{User: "u", Password: "hidden"}, Options{TargetName: strings.Repeat("x", maxName+1)}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Authenticate(unhex(t, exampleChallenge), test.credential, test.options)
			if err == nil || strings.Contains(err.Error(), "hidden") {
				t.Fatalf("error %v", err)
			}
		})
	}
}

func TestNoncesDifferWithoutASource(t *testing.T) {
	one, err1 := Authenticate(unhex(t, exampleChallenge), exampleCredential, Options{})
	two, err2 := Authenticate(unhex(t, exampleChallenge), exampleCredential, Options{})
	if err := errors.Join(err1, err2); err != nil || bytes.Equal(one, two) {
		t.Errorf("error %v, equal messages %v", err, bytes.Equal(one, two))
	}
}

// FuzzChallenge checks that any challenge is either refused or answered with a message that repeats its information.
func FuzzChallenge(f *testing.F) {
	f.Add(unhex(f, exampleChallenge))
	f.Add(Negotiate())
	f.Fuzz(func(t *testing.T, message []byte) {
		challenge, err := ParseChallenge(message)
		if err != nil {
			return
		}
		answer, err := Authenticate(message, exampleCredential, Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, nt, _, _, _, _ := parts(t, answer)
		info := infoOf(t, nt)
		for _, pair := range challenge.info {
			switch pair.id {
			case avFlags, avTargetName, avChannelBindings:
			default:
				if !bytes.Equal(findAV(info, pair.id), pair.value) {
					t.Fatalf("attribute %d was lost", pair.id)
				}
			}
		}
	})
}
