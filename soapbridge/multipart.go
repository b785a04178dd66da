package soapbridge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// rootPart returns the part of a multipart/related reply that holds the envelope (RFC 2387 section 3.2), and its
// Content-Type: some servers answer in MTOM even where nothing is attached. Any other reply is returned as it is. The
// attachments are never read; a value that was moved into one is refused where it is missed.
func rootPart(contentType string, body []byte, limit int) (root []byte, rootType string, err error) {
	if bytes.HasPrefix(trimSpace(body), []byte("<")) {
		return body, contentType, nil
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	if mediaType != "multipart/related" {
		return body, contentType, nil
	}
	if err != nil || params["boundary"] == "" {
		return nil, "", multipartRefusal("it does not say where its parts end")
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) && bytes.Contains(body, []byte("--"+params["boundary"]+"--")) {
			return nil, "", multipartRefusal("its root part is missing")
		}
		if err != nil {
			return nil, "", fmt.Errorf("multipart: %w", err)
		}
		if start := params["start"]; start != "" && bareID(part.Header.Get("Content-Id")) != bareID(start) {
			continue
		}
		if !isPlainTransfer(part.Header.Get("Content-Transfer-Encoding")) {
			return nil, "", multipartRefusal("its root part is encoded for transfer by mail")
		}
		root, err := readAll(part, limit)
		return root, part.Header.Get("Content-Type"), err
	}
}

// bareID drops the angle brackets of a Content-ID, which some servers leave out in one place and write in the other.
func bareID(id string) string { return strings.Trim(id, "<> ") }

func multipartRefusal(reason string) error {
	return &refusal{cause: CauseEncoding, reason: "the reply has several parts and cannot be read: " + reason}
}

// isPlainTransfer tells whether a Content-Transfer-Encoding leaves the bytes as they are (RFC 2045 section 6.2).
func isPlainTransfer(encoding string) bool {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "7bit", "8bit", "binary":
		return true
	}
	return false
}
