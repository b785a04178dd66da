package kerberos

import (
	"slices"
	"strings"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
)

// standardTypes are the encryption types asked for by default, the preferred first, as in MIT Kerberos without DES and
// Camellia. RC4 comes last: accounts of old domains have no other key.
var standardTypes = []int32{
	etypeID.AES256_CTS_HMAC_SHA1_96,
	etypeID.AES128_CTS_HMAC_SHA1_96,
	etypeID.AES256_CTS_HMAC_SHA384_192,
	etypeID.AES128_CTS_HMAC_SHA256_128,
	etypeID.RC4_HMAC,
}

// typeNames are the names of encryption types in kdc.conf(5), with their aliases and families.
var typeNames = map[string][]int32{
	"default":                    standardTypes,
	"aes":                        standardTypes[:4],
	"aes256-cts-hmac-sha1-96":    {etypeID.AES256_CTS_HMAC_SHA1_96},
	"aes256-cts":                 {etypeID.AES256_CTS_HMAC_SHA1_96},
	"aes256-sha1":                {etypeID.AES256_CTS_HMAC_SHA1_96},
	"aes128-cts-hmac-sha1-96":    {etypeID.AES128_CTS_HMAC_SHA1_96},
	"aes128-cts":                 {etypeID.AES128_CTS_HMAC_SHA1_96},
	"aes128-sha1":                {etypeID.AES128_CTS_HMAC_SHA1_96},
	"aes256-cts-hmac-sha384-192": {etypeID.AES256_CTS_HMAC_SHA384_192},
	"aes256-sha2":                {etypeID.AES256_CTS_HMAC_SHA384_192},
	"aes128-cts-hmac-sha256-128": {etypeID.AES128_CTS_HMAC_SHA256_128},
	"aes128-sha2":                {etypeID.AES128_CTS_HMAC_SHA256_128},
	"rc4":                        {etypeID.RC4_HMAC},
	"rc4-hmac":                   {etypeID.RC4_HMAC},
	"arcfour-hmac":               {etypeID.RC4_HMAC},
	"arcfour-hmac-md5":           {etypeID.RC4_HMAC},
}

// encryptionTypes reads a list such as "aes256-cts, aes128-cts" or "DEFAULT -rc4", and keeps what is permitted. Empty
// settings stand for the default. Names of types that are not supported are skipped, as MIT Kerberos does.
func encryptionTypes(setting, permitted string) []int32 {
	allowed := standardTypes
	if permitted != "" {
		allowed = listTypes(permitted)
	}
	if setting == "" {
		return allowed
	}
	return slices.DeleteFunc(listTypes(setting), func(id int32) bool { return !slices.Contains(allowed, id) })
}

func listTypes(setting string) []int32 {
	var list []int32
	words := strings.FieldsFunc(strings.ToLower(setting), func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
	for _, word := range words {
		name, remove := strings.CutPrefix(word, "-")
		for _, id := range typeNames[strings.TrimPrefix(name, "+")] {
			list = slices.DeleteFunc(list, func(other int32) bool { return other == id && remove })
			if !remove && !slices.Contains(list, id) {
				list = append(list, id)
			}
		}
	}
	return list
}
