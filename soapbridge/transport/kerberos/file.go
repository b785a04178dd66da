package kerberos

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// readFile reads a file of limited size.
func readFile(path string, limit int) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(content) > limit {
		return nil, fmt.Errorf("%s has more than %d bytes", path, limit)
	}
	return content, nil
}

// filePath takes the name of a keytab or a credential cache, "FILE:/path" or "/path", apart. Other types need the C
// library's help.
func filePath(name string) (string, error) {
	kind, path, found := strings.Cut(name, ":")
	switch {
	case !found || strings.ContainsAny(kind, `/\.`) || len(kind) == 1: // which is a drive of Windows
		return name, nil
	case kind == "FILE" || kind == "WRFILE":
		return path, nil
	}
	return "", fmt.Errorf("%s: only files can be read, not the type %s", name, kind)
}
