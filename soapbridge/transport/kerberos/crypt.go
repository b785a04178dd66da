package kerberos

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf16"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/types"
	//lint:ignore SA1019 RFC 4757 makes keys with it
	"golang.org/x/crypto/md4"
)

// keySizes are the sizes of keys in bytes (RFC 3962, RFC 8009, RFC 4757). gokrb5 gives that of AES256-SHA384 wrongly.
var keySizes = map[int32]int{
	etypeID.AES256_CTS_HMAC_SHA1_96:    32,
	etypeID.AES128_CTS_HMAC_SHA1_96:    16,
	etypeID.AES256_CTS_HMAC_SHA384_192: 32,
	etypeID.AES128_CTS_HMAC_SHA256_128: 16,
	etypeID.RC4_HMAC:                   16,
}

// maxIterations bounds the work of making a key of a password, which the key distribution centre sets. Active Directory
// has 4,096, RFC 8009 recommends 32,768.
const maxIterations = 1_000_000

func checkKey(key types.EncryptionKey) error {
	if size, known := keySizes[key.KeyType]; !known || len(key.KeyValue) != size {
		return fmt.Errorf("a key of type %d with %d bytes is not supported", key.KeyType, len(key.KeyValue))
	}
	return nil
}

func newKey(kind int32) types.EncryptionKey {
	key := types.EncryptionKey{KeyType: kind, KeyValue: make([]byte, keySizes[kind])}
	rand.Read(key.KeyValue) // never fails
	return key
}

// decrypt undoes gokrb5's GetEncryptedData; usage is that of RFC 4120 section 7.5.1.
func decrypt(data types.EncryptedData, key types.EncryptionKey, usage uint32) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if data.EType != key.KeyType {
		return nil, fmt.Errorf("it is encrypted with type %d, the key has type %d", data.EType, key.KeyType)
	}
	scheme, err := crypto.GetEtype(key.KeyType)
	if err != nil {
		return nil, err
	}
	if len(data.Cipher) < scheme.GetConfounderByteSize()+scheme.GetHMACBitLength()/8 {
		return nil, errors.New("it is too short to be encrypted") // gokrb5 would panic
	}
	return crypto.DecryptEncPart(data, key, usage)
}

// passwordKey makes a key of a password (string-to-key, RFC 3961 section 3).
func passwordKey(kind int32, password, salt string, parameters []byte) (types.EncryptionKey, error) {
	if kind == etypeID.RC4_HMAC {
		return types.EncryptionKey{KeyType: kind, KeyValue: rc4Key(password)}, nil
	}
	scheme, err := crypto.GetEtype(kind)
	if err != nil {
		return types.EncryptionKey{}, err
	}
	setting := scheme.GetDefaultStringToKeyParams()
	if len(parameters) > 0 {
		if len(parameters) != 4 {
			return types.EncryptionKey{}, errors.New("the parameters of string-to-key do not have four bytes")
		}
		if n := binary.BigEndian.Uint32(parameters); n == 0 || n > maxIterations {
			return types.EncryptionKey{}, fmt.Errorf("string-to-key is to run %d times, of at most %d", n, maxIterations)
		}
		setting = hex.EncodeToString(parameters)
	}
	value, err := scheme.StringToKey(password, salt, setting)
	if err != nil {
		return types.EncryptionKey{}, err
	}
	return types.EncryptionKey{KeyType: kind, KeyValue: value}, nil
}

// rc4Key makes a key of RFC 4757 section 2: the MD4 hash of the password in UTF-16. gokrb5's is wrong beyond ASCII.
func rc4Key(password string) []byte {
	hash := md4.New()
	for _, unit := range utf16.Encode([]rune(password)) {
		hash.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	return hash.Sum(nil)
}
