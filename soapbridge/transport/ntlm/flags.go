package ntlm

// Negotiate flags (MS-NLMP section 2.2.2.5).
const (
	flagUnicode         uint32 = 1 << 0
	flagRequestTarget   uint32 = 1 << 2
	flagNTLM            uint32 = 1 << 9
	flagAlwaysSign      uint32 = 1 << 15
	flagExtendedSession uint32 = 1 << 19
	flagTargetInfo      uint32 = 1 << 23
	flagVersion         uint32 = 1 << 25
	flag128             uint32 = 1 << 29
	flag56              uint32 = 1 << 31
)

// offered is what the client asks for. Without the key exchange flag the session key is the base key itself.
const offered = flagUnicode | flagRequestTarget | flagNTLM | flagAlwaysSign | flagExtendedSession | flagTargetInfo |
	flagVersion | flag128 | flag56

const (
	signature           = "NTLMSSP\x00"
	messageNegotiate    = 1
	messageChallenge    = 2
	messageAuthenticate = 3
)

// version is 10.0.0 with NTLM revision 15 (section 2.2.2.10). It serves debugging only, but a negotiate message without it
// is too short for gss-ntlmssp.
var version = [8]byte{10, 0, 0, 0, 0, 0, 0, 15}
