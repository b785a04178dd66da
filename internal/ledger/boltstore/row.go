package boltstore

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/umgateway/umgateway/internal/ledger"
)

// row is a record as the file keeps it: epoch, end of the lease and of the retention in milliseconds since 1970, all of 8
// bytes and big-endian, and then the record.
type row struct {
	epoch   uint64 // which opening of the file the lease belongs to
	lease   int64
	expires int64
	record  ledger.Record
}

const rowHeader = 3 * 8

var errRow = errors.New("a row is too short")

func (r *row) appendTo(dst []byte) ([]byte, error) {
	dst = binary.BigEndian.AppendUint64(dst, r.epoch)
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.lease))
	dst = binary.BigEndian.AppendUint64(dst, uint64(r.expires))
	return r.record.AppendBinary(dst)
}

func (r *row) parse(data []byte) error {
	if len(data) < rowHeader {
		return errRow
	}
	r.epoch = binary.BigEndian.Uint64(data)
	r.lease = int64(binary.BigEndian.Uint64(data[8:]))
	r.expires = int64(binary.BigEndian.Uint64(data[16:]))
	return r.record.UnmarshalBinary(data[rowHeader:])
}

// snapshot tells what the row means at a time, in an epoch.
func (r *row) snapshot(epoch uint64, now time.Time) ledger.Snapshot {
	if r.expires < now.UnixMilli() {
		return ledger.Snapshot{}
	}
	return ledger.Snapshot{Record: r.record, Expired: r.epoch != epoch || r.lease < now.UnixMilli()}
}

// expiryKey orders rows by the end of their retention.
func (r *row) expiryKey(id ledger.ID) []byte {
	key := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(id)), uint64(r.expires))
	return append(key, id[:]...)
}
