package transport

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	maxPasswordFile  = 4 << 10
	passwordInterval = time.Second
)

// PasswordFile is a password in a file. The file is looked at when the password is used, at most once a second, and read
// again when it has changed. As long as it cannot be read, the password that was read last stays in force.
type PasswordFile struct {
	path string
	log  *slog.Logger

	mu       sync.Mutex
	next     time.Time // when to look again
	stamp    fileStamp
	password string
	trouble  string // the last error that was logged
}

// NewPasswordFile reads the file: UTF-8 text of at most 4 KiB. One line break at its end does not count. Later failures to
// read it are logged as warnings; the log may be nil.
func NewPasswordFile(path string, log *slog.Logger) (*PasswordFile, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	f := &PasswordFile{path: path, log: log}
	if err := f.refresh(); err != nil {
		return nil, fmt.Errorf("transport: read the password: %w", err)
	}
	return f, nil
}

// Password returns the current password. It never fails.
func (f *PasswordFile) Password() (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if now.Before(f.next) {
		return f.password, nil
	}
	f.next = now.Add(passwordInterval)
	if err := f.refresh(); err == nil {
		f.trouble = ""
	} else if text := err.Error(); text != f.trouble {
		f.trouble = text
		f.log.Warn("the password file cannot be read; the former password stays in force", "error", err)
	}
	return f.password, nil
}

func (f *PasswordFile) refresh() error {
	changed, err := f.stamp.changed(f.path)
	if err != nil || !changed && f.trouble == "" {
		return err
	}
	password, err := readPassword(f.path)
	if err == nil {
		f.password = password
	}
	return err
}

func readPassword(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxPasswordFile+1))
	if err != nil {
		return "", err
	}
	text, broken := strings.CutSuffix(string(content), "\n")
	if broken {
		text = strings.TrimSuffix(text, "\r")
	}
	switch {
	case len(content) > maxPasswordFile:
		return "", fmt.Errorf("%s has more than %d bytes", path, maxPasswordFile)
	case text == "":
		return "", fmt.Errorf("%s is empty", path)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", fmt.Errorf("%s is not UTF-8 text", path)
	case strings.HasPrefix(text, "\uFEFF"):
		return "", errors.New(path + " begins with a byte order mark")
	}
	return text, nil
}
