package soapbridge_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	umv1 "github.com/umgateway/umgateway/gen/um/v1"
	"github.com/umgateway/umgateway/soapbridge"
	"github.com/umgateway/umgateway/soapbridge/transport"
)

// frenchFault is a fault as a French server writes it, with the encoding declared as given.
func frenchFault(encoding string) string {
	return `<?xml version="1.0" encoding="` + encoding + `"?>` + strings.TrimPrefix(
		envelope(`<soap:Fault><faultcode>soap:Server</faultcode><faultstring>L’échec : numéro « 5 € »</faultstring></soap:Fault>`),
		`<?xml version="1.0" encoding="utf-8"?>`)
}

const frenchText = "L’échec : numéro « 5 € »"

func encodeUTF16(order binary.AppendByteOrder, text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

// windows1252 writes what frenchFault needs of that character set: 0x80 and 0x92 stand where ISO-8859-1 has controls.
func windows1252(text string) []byte {
	text = strings.NewReplacer("€", "\x80", "’", "\x92", "é", "\xE9", "«", "\xAB", "»", "\xBB").Replace(text)
	return []byte(text)
}

func zipped(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(body)
	w.Close()
	return b.Bytes()
}

// readFault returns the fault in a reply with the given header lines ("Name: value").
func readFault(t *testing.T, body []byte, header ...string) (*soapbridge.Fault, *soapbridge.Error) {
	t.Helper()
	reply := &transport.Reply{Status: http.StatusInternalServerError, Header: http.Header{}, Body: body}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		reply.Header.Add(name, value)
	}
	_, err := readUM(t, "IsUMEnabled", reply)
	failure := failureOf(t, err)
	var fault *soapbridge.Fault
	errors.As(failure, &fault)
	return fault, failure
}

// TestCharacterSetsAreRead: a byte order mark decides, then the header, then the prolog (RFC 7303 section 3).
func TestCharacterSetsAreRead(t *testing.T) {
	t.Parallel()
	little, big := binary.LittleEndian, binary.BigEndian
	tests := map[string]struct {
		body   []byte
		header string
	}{
		"utf-8":                              {[]byte(frenchFault("utf-8")), "Content-Type: text/xml; charset=utf-8"},
		"utf-8 undeclared":                   {[]byte(strings.TrimPrefix(frenchFault("x"), `<?xml version="1.0" encoding="x"?>`)), "Content-Type: text/xml"},
		"utf-8 without a header":             {[]byte(frenchFault("UTF-8")), "X: y"},
		"utf-8 quoted":                       {[]byte(frenchFault("utf-8")), `Content-Type: text/xml; charset="UTF-8"`},
		"utf-8, header not to be understood": {[]byte(frenchFault("utf-8")), `Content-Type: text/xml; charset="UTF-8`},
		"utf-8 with a mark":                  {[]byte("\xEF\xBB\xBF" + frenchFault("utf-8")), "Content-Type: text/xml; charset=utf-8"},
		"utf-8 with two marks":               {[]byte("\xEF\xBB\xBF\xEF\xBB\xBF" + frenchFault("utf-8")), "Content-Type: text/xml"},
		"mark against header":                {[]byte("\xEF\xBB\xBF" + frenchFault("iso-8859-1")), "Content-Type: text/xml; charset=windows-1252"},
		"header against prolog":              {[]byte(frenchFault("windows-1252")), "Content-Type: text/xml; charset=utf-8"},
		"stylesheet's encoding is not ours":  {[]byte(`<?xml-stylesheet encoding="koi8-r"?>` + strings.TrimPrefix(frenchFault("x"), `<?xml version="1.0" encoding="x"?>`)), "Content-Type: text/xml"},
		"utf-16le with a mark":               {append([]byte("\xFF\xFE"), encodeUTF16(little, frenchFault("utf-16"))...), "Content-Type: text/xml; charset=utf-16"},
		"utf-16be with a mark":               {append([]byte("\xFE\xFF"), encodeUTF16(big, frenchFault("utf-16"))...), "Content-Type: text/xml; charset=utf-16"},
		"utf-16le, mark only":                {append([]byte("\xFF\xFE"), encodeUTF16(little, frenchFault("utf-16"))...), "Content-Type: text/xml"},
		"utf-16be, mark against header":      {append([]byte("\xFE\xFF"), encodeUTF16(big, frenchFault("utf-16"))...), "Content-Type: text/xml; charset=utf-8"},
		"utf-16le without a mark":            {encodeUTF16(little, frenchFault("utf-16")), "Content-Type: text/xml; charset=utf-16"},
		"utf-16be without a mark":            {encodeUTF16(big, frenchFault("utf-16")), "Content-Type: text/xml; charset=utf-16"},
		"utf-16le, nothing says so":          {encodeUTF16(little, frenchFault("utf-16")), "X: y"},
		"utf-16le, the header is wrong":      {encodeUTF16(little, frenchFault("utf-16")), "Content-Type: text/xml; charset=utf-8"},
		"utf-16be, nothing says so":          {encodeUTF16(big, frenchFault("utf-16")), "X: y"},
		"utf-16le by name, blank line first": {encodeUTF16(little, "\r\n"+strings.TrimPrefix(frenchFault("x"), `<?xml version="1.0" encoding="x"?>`)), "Content-Type: text/xml; charset=utf-16LE"},
		"utf-16be by name, blank line first": {encodeUTF16(big, "\r\n"+strings.TrimPrefix(frenchFault("x"), `<?xml version="1.0" encoding="x"?>`)), "Content-Type: text/xml; charset=UTF-16BE"},
		"utf-16 said, utf-8 meant":           {[]byte(frenchFault("utf-16")), "Content-Type: text/xml"},
		"utf-16 said in header, utf-8 meant": {[]byte(frenchFault("utf-16")), "Content-Type: text/xml; charset=utf-16"},
		"windows-1252 by header":             {windows1252(frenchFault("utf-8")), "Content-Type: text/xml; charset=Windows-1252"},
		"windows-1252 by prolog":             {windows1252(frenchFault("windows-1252")), "Content-Type: text/xml"},
		"windows-1252 by prolog, quotes":     {windows1252(strings.Replace(frenchFault("windows-1252"), `encoding="windows-1252"`, "encoding = 'WINDOWS-1252' standalone='yes' ", 1)), "X: y"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fault, failure := readFault(t, test.body, test.header)
			if fault == nil || fault.Text != frenchText {
				t.Errorf("got %v, want the text %q", failure, frenchText)
			}
		})
	}
}

// TestPrologsThatSayNothingMeanUTF8: whatever is wrong with them.
func TestPrologsThatSayNothingMeanUTF8(t *testing.T) {
	t.Parallel()
	rest := strings.TrimPrefix(frenchFault("x"), `<?xml version="1.0" encoding="x"?>`)
	for _, prolog := range []string{
		`<?xml?>`, `<?xml ?>`, `<?xml version="1.0"?>`, `<?xml encoding?>`, `<?xml encoding=?>`, `<?xml encoding "koi8-r"?>`,
		`<?xml encoding=koi8-r?>`, `<?xml encoding=""?>`, `<?xmlish encoding="koi8-r"?>`, `<?xml encoding'="koi8-r"?>`,
		`<?xml ` + strings.Repeat(" ", 300) + `encoding="koi8-r"?>`,
	} {
		t.Run(prolog[:min(len(prolog), 40)], func(t *testing.T) {
			t.Parallel()
			if fault, failure := readFault(t, []byte(prolog+rest), "Content-Type: text/xml"); fault == nil || fault.Text != frenchText {
				t.Errorf("got %v, want the text %q", failure, frenchText)
			}
		})
	}
}

// TestISO88591IsReadAsItIs: its characters from 0x80 to 0x9F are controls, not those of windows-1252.
func TestISO88591IsReadAsItIs(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]string{
		"by header": "Content-Type: text/xml; charset=ISO-8859-1", "by prolog": "Content-Type: text/xml",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fault, failure := readFault(t, windows1252(frenchFault("iso-8859-1")), header)
			if want := "L\u0092échec : numéro « 5 \u0080 »"; fault == nil || fault.Text != want {
				t.Errorf("got %v, want the text %q", failure, want)
			}
		})
	}
}

// TestOtherCharacterSetsAreRefusedByName: and so is what is not valid in the one that it declares.
func TestOtherCharacterSetsAreRefusedByName(t *testing.T) {
	t.Parallel()
	little := binary.LittleEndian
	tests := map[string]struct {
		body   []byte
		header string
		says   string
	}{
		"by header":              {[]byte(frenchFault("utf-8")), "Content-Type: text/xml; charset=koi8-r", `"koi8-r"`},
		"by prolog":              {[]byte(frenchFault("Shift_JIS")), "Content-Type: text/xml", `"Shift_JIS"`},
		"utf-7":                  {[]byte(frenchFault("utf-7")), "Content-Type: text/xml", `"utf-7"`},
		"utf-32 by its mark":     {[]byte("\xFF\xFE\x00\x00<\x00\x00\x00"), "Content-Type: text/xml", `"utf-32le"`},
		"utf-32be by its mark":   {[]byte("\x00\x00\xFE\xFF\x00\x00\x00<"), "Content-Type: text/xml", `"utf-32be"`},
		"a very long name":       {[]byte(frenchFault("utf-8")), "Content-Type: text/xml; charset=" + strings.Repeat("x", 5000), strings.Repeat("x", 40) + `"`},
		"utf-8 that is none":     {windows1252(frenchFault("utf-8")), "Content-Type: text/xml; charset=utf-8", "not valid utf-8"},
		"utf-8 cut short":        {[]byte("\xEF\xBB\xBF" + frenchFault("utf-8") + "\xC3"), "Content-Type: text/xml", "not valid utf-8"},
		"half a surrogate":       {append(encodeUTF16(little, frenchFault("utf-16")), 0x00, 0xD8), "Content-Type: text/xml", "not valid utf-16le"},
		"surrogates reversed":    {append(encodeUTF16(little, frenchFault("utf-16")), 0x00, 0xDC, 0x00, 0xD8), "Content-Type: text/xml", "not valid utf-16le"},
		"half a unit":            {append(encodeUTF16(little, frenchFault("utf-16")), '\n'), "Content-Type: text/xml", "not valid utf-16le"},
		"no character of cp1252": {append(windows1252(frenchFault("windows-1252")), 0x81), "Content-Type: text/xml", "not valid windows-1252"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, failure := readFault(t, test.body, test.header)
			if failure.Kind != soapbridge.KindReplyRefused || failure.Cause != soapbridge.CauseCharset || !strings.Contains(failure.Error(), test.says) {
				t.Errorf("got %v, want a refused character set and %s", failure, test.says)
			}
			if len(failure.Error()) > 500 {
				t.Errorf("the error has %d bytes", len(failure.Error()))
			}
		})
	}
}

// TestReplacementCharactersOfTheServerPass: what the server itself wrote is not ours to refuse.
func TestReplacementCharactersOfTheServerPass(t *testing.T) {
	t.Parallel()
	document := envelope(`<soap:Fault><faultstring>a` + "\uFFFD" + `b` + "𝄞" + `</faultstring></soap:Fault>`)
	for name, body := range map[string][]byte{
		"utf-8":    []byte(document),
		"utf-16le": encodeUTF16(binary.LittleEndian, strings.Replace(document, "utf-8", "utf-16", 1)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if fault, failure := readFault(t, body, "Content-Type: text/xml"); fault == nil || fault.Text != "a\uFFFDb𝄞" {
				t.Errorf("got %v", failure)
			}
		})
	}
}

func TestGzipIsReadWhetherDeclaredOrNot(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body   []byte
		header string
	}{
		"declared":              {zipped([]byte(frenchFault("utf-8"))), "Content-Encoding: gzip"},
		"declared the old way":  {zipped([]byte(frenchFault("utf-8"))), "Content-Encoding: X-GZIP"},
		"undeclared":            {zipped([]byte(frenchFault("utf-8"))), "Content-Type: text/xml; charset=utf-8"},
		"declared as identity":  {zipped([]byte(frenchFault("utf-8"))), "Content-Encoding: identity"},
		"declared but not done": {[]byte(frenchFault("utf-8")), "Content-Encoding: gzip"},
		"around a mark":         {zipped([]byte("\xEF\xBB\xBF" + frenchFault("utf-8"))), "X: y"},
		"around utf-16":         {zipped(append([]byte("\xFF\xFE"), encodeUTF16(binary.LittleEndian, frenchFault("utf-16"))...)), "Content-Encoding: gzip"},
		"around windows-1252":   {zipped(windows1252(frenchFault("windows-1252"))), "Content-Encoding: gzip"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fault, failure := readFault(t, test.body, test.header)
			if fault == nil || fault.Text != frenchText {
				t.Errorf("got %v, want the text %q", failure, frenchText)
			}
		})
	}
}

func TestContentThatCannotBeDecodedIsNoReply(t *testing.T) {
	t.Parallel()
	whole := zipped([]byte(frenchFault("utf-8")))
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-5] ^= 1 // in the check sum
	tests := map[string]struct {
		body        []byte
		header      string
		kind        soapbridge.Kind
		cause, says string
	}{
		"another encoding":   {[]byte(frenchFault("utf-8")), "Content-Encoding: br", soapbridge.KindReplyRefused, soapbridge.CauseEncoding, `"br"`},
		"two encodings":      {whole, "Content-Encoding: gzip, gzip", soapbridge.KindReplyRefused, soapbridge.CauseEncoding, `"gzip, gzip"`},
		"gzip cut short":     {whole[:len(whole)-9], "X: y", soapbridge.KindNotSOAP, "", "EOF"},
		"gzip's head only":   {whole[:5], "X: y", soapbridge.KindNotSOAP, "", "gzip"},
		"gzip damaged":       {damaged, "X: y", soapbridge.KindNotSOAP, "", "checksum"},
		"gzip of nothing":    {zipped(nil), "X: y", soapbridge.KindEmpty, "", ""},
		"gzip of a page":     {zipped([]byte("<html>")), "X: y", soapbridge.KindNotSOAP, "", ""},
		"empty, any charset": {nil, "Content-Type: text/xml; charset=koi8-r", soapbridge.KindEmpty, "", ""},
		"page, any charset":  {[]byte("<p>"), "Content-Type: Text/HTML; charset=koi8-r", soapbridge.KindNotSOAP, "", ""},
		"page in no charset": {[]byte("\n<!DOCTYPE HTML><p>\xE9"), "Content-Type: text/xml", soapbridge.KindNotSOAP, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, failure := readFault(t, test.body, test.header)
			if failure.Kind != test.kind || failure.Cause != test.cause || !strings.Contains(failure.Error(), test.says) {
				t.Errorf("got %v, want %v (%s) and %q", failure, test.kind, test.cause, test.says)
			}
		})
	}
}

// TestABombIsBounded: 64 MiB of zeros in a few hundred KiB of gzip is refused by its size after a few megabytes.
func TestABombIsBounded(t *testing.T) {
	var bomb bytes.Buffer
	w, err := gzip.NewWriterLevel(&bomb, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for range 64 {
		w.Write(block)
	}
	w.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, failure := readFault(t, bomb.Bytes(), "Content-Encoding: gzip")
	runtime.ReadMemStats(&after)
	if failure.Cause != soapbridge.CauseSize || !strings.Contains(failure.Error(), "1048576 bytes") {
		t.Errorf("got %v, want it refused by its size, naming the limit", failure)
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 16<<20 {
		t.Errorf("reading it allocated %d bytes", taken)
	}
}

// TestWhatGrowsWhenConvertedIsBounded: each byte of windows-1252 may become three of UTF-8.
func TestWhatGrowsWhenConvertedIsBounded(t *testing.T) {
	t.Parallel()
	for name, body := range map[string][]byte{
		"windows-1252": append(windows1252(frenchFault("windows-1252")), bytes.Repeat([]byte{0x80}, 500)...),
		"utf-16":       append(encodeUTF16(binary.LittleEndian, frenchFault("utf-16")), bytes.Repeat([]byte{0xAC, 0x20}, 500)...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply := &transport.Reply{Status: http.StatusOK, Header: http.Header{}, Body: body}
			_, err := readUM(t, "IsUMEnabled", reply, soapbridge.WithLimits(soapbridge.Limits{ReplyBytes: 1000}))
			if failure := failureOf(t, err); failure.Cause != soapbridge.CauseSize {
				t.Errorf("got %v, want it refused by its size", failure)
			}
		})
	}
}

// TestRootPartsAreRead: some servers answer in MTOM even where nothing is attached.
func TestRootPartsAreRead(t *testing.T) {
	t.Parallel()
	part := func(header, body string) string { return "--b\r\n" + header + "\r\n\r\n" + body + "\r\n" }
	reply := func(inner string) string {
		return envelope(`<m:PlayOnPhoneResponse>` + inner + `</m:PlayOnPhoneResponse>`)
	}
	const root = "Content-ID: <root>\r\nContent-Type: application/xop+xml; charset=utf-8; type=\"text/xml\"\r\nContent-Transfer-Encoding: 8bit"
	const related = `multipart/related; type="application/xop+xml"; boundary="b"; start="<root>"; start-info="text/xml"`
	attachment := part("Content-ID: <a>\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary", "\x89PNG\x00")
	tests := map[string]struct {
		contentType, body string
		want              string
		kind              soapbridge.Kind
		says              string
	}{
		"alone":                  {related, part(root, reply("x")) + "--b--\r\n", "x", 0, ""},
		"with an attachment":     {related, part(root, reply("x")) + attachment + "--b--", "x", 0, ""},
		"after an attachment":    {related, attachment + part(root, reply("x")) + "--b--", "x", 0, ""},
		"first, without start":   {`Multipart/Related; boundary=b`, part(root, reply("x")) + attachment + "--b--", "x", 0, ""},
		"with a preamble":        {related, "\r\nThis is MIME.\r\n" + part(root, reply("x")) + "--b--", "x", 0, ""},
		"start without brackets": {strings.Replace(related, `"<root>"`, `root`, 1), attachment + part(root, reply("x")) + "--b--", "x", 0, ""},
		"in another charset":     {related, part(strings.Replace(root, "utf-8", "iso-8859-1", 1), strings.Replace(reply("\xE9"), "utf-8", "iso-8859-1", 1)) + "--b--", "é", 0, ""},
		"said but not done":      {related, reply("x"), "x", 0, ""},
		"last part cut":          {related, part(root, reply("x")) + "--b\r\nContent-ID: <a>\r\n\r\ncut", "x", 0, ""},
		"value in an attachment": {related, part(root, reply(`<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:a"/>`)) + attachment + "--b--", "", soapbridge.KindReplyRefused, "attachment"},
		"root missing":           {related, attachment + "--b--", "", soapbridge.KindReplyRefused, "root part is missing"},
		"no boundary":            {`multipart/related; start="<root>"`, part(root, reply("x")) + "--b--", "", soapbridge.KindReplyRefused, "where its parts end"},
		"in base64":              {related, part(strings.Replace(root, "8bit", "base64", 1), "PA==") + "--b--", "", soapbridge.KindReplyRefused, "encoded for transfer"},
		"root cut":               {related, "--b\r\n" + root + "\r\n\r\n" + reply("x")[:100], "", soapbridge.KindNotSOAP, "EOF"},
		"head cut":               {related, "--b\r\nContent-ID: <ro", "", soapbridge.KindNotSOAP, "EOF"},
		"another multipart":      {`multipart/form-data; boundary=b`, part(root, reply("x")) + "--b--", "", soapbridge.KindNotSOAP, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readUM(t, "PlayOnPhone", &transport.Reply{
				Status: http.StatusOK, Header: http.Header{"Content-Type": {test.contentType}}, Body: []byte(test.body),
			})
			if test.want != "" {
				if err != nil || got.(*umv1.PlayOnPhoneResponse).GetCallId() != test.want {
					t.Errorf("got %v, %v, want the call id %s", got, err, test.want)
				}
				return
			}
			failure := outcomeUnknown(t, failureOf(t, err))
			if failure.Kind != test.kind || !strings.Contains(failure.Error(), test.says) {
				t.Errorf("got %v, want %v and %q", failure, test.kind, test.says)
			}
		})
	}
}
