package redisstore

import (
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/umgateway/umgateway/internal/ledger"
)

//go:embed swap.lua
var swapSource string

// serverClock is the time by which the script judges: the server's, in milliseconds since 1970.
const serverClock = `local function milliseconds()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
`

func newScript(clock string) *redis.Script { return redis.NewScript(clock + swapSource) }

// call is one run of the script.
type call struct {
	keys  []string
	args  []any
	nonce string
	write ledger.Write
}

func (s *Store) newCall(mark string, id ledger.ID, from ledger.Version, write ledger.Write) (*call, error) {
	var data []byte
	if write.Record.State != ledger.StateNone {
		var err error
		if data, err = write.Record.AppendBinary(nil); err != nil {
			return nil, err
		}
	}
	c := &call{
		keys:  []string{s.options.Prefix + "record:" + base64.RawURLEncoding.EncodeToString(id[:]), s.markKey()},
		nonce: rand.Text(),
		write: write,
	}
	c.args = []any{c.nonce, mark, versionText(from), versionText(write.Record.Version), data, write.Lease.Milliseconds(), write.Keep.Milliseconds()}
	return c, nil
}

// versionText is a version as the script knows it: empty for none.
func versionText(v ledger.Version) string {
	if v == (ledger.Version{}) {
		return ""
	}
	return string(v[:])
}

// read reads the script's reply. The nonce proves that it is the reply to this call and not to another on a connection
// that has lost its step.
func (c *call) read(reply any) (ledger.Snapshot, error) {
	fields, _ := reply.([]any)
	if len(fields) != 3 {
		return ledger.Snapshot{}, fmt.Errorf("the script returned %T of length %d", reply, len(fields))
	}
	nonce, _ := fields[0].(string)
	data, isText := fields[1].(string)
	expired, isNumber := fields[2].(int64)
	if nonce != c.nonce || !isText || !isNumber {
		return ledger.Snapshot{}, errors.New("the reply belongs to another call")
	}
	found := ledger.Snapshot{Expired: expired == 1}
	if data == "" {
		return ledger.Snapshot{}, nil
	}
	err := found.UnmarshalBinary([]byte(data))
	return found, err
}
