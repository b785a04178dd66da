package boltfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

var (
	// ErrDamaged: the file cannot be what bbolt has written. It was left alone.
	ErrDamaged = errors.New("damaged file")
	// ErrLocked: another process had the file open for as long as bbolt.Options.Timeout.
	ErrLocked = errors.New("another process has the file open")
)

// damage says what is wrong with a file. It is ErrDamaged.
type damage struct{ err error }

func (d damage) Error() string        { return d.err.Error() }
func (d damage) Unwrap() error        { return d.err }
func (d damage) Is(target error) bool { return target == ErrDamaged }

func damaged(format string, args ...any) error { return damage{fmt.Errorf(format, args...)} }

// Open opens the file, or makes it for its owner only (0600) if it is not there. The errors are ErrDamaged, ErrLocked, or those
// of the file system.
func Open(path string, options bbolt.Options) (*bbolt.DB, error) {
	if err := check(path, options); err != nil {
		return nil, err
	}
	db, err := bbolt.Open(path, 0o600, &options)
	return db, explain(err)
}

// check looks at the file while bbolt's own lock keeps others from writing to it.
func check(path string, options bbolt.Options) (err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return damaged("it is empty")
	}
	// To read only, bbolt looks at the first two pages and no further.
	lock, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: options.Timeout})
	if err != nil {
		return explain(err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return checkPages(file, int64(lock.Info().PageSize))
}

// explain tells errors of the file system, and another process, from damage.
func explain(err error) error {
	var (
		path  *fs.PathError
		errno syscall.Errno
	)
	switch {
	case err == nil, errors.As(err, &path), errors.As(err, &errno):
		return err
	case errors.Is(err, bolterrors.ErrTimeout):
		return ErrLocked
	}
	return damage{err}
}
