package kerberos

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	kdcPort  = "88"
	maxReply = 256 << 10
	// kdcPatience is how long a key distribution centre may take while there is another to ask.
	kdcPatience = 3 * time.Second
)

// kdc is how to reach key distribution centres.
type kdc struct {
	profile *Profile
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	lookup  func(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
}

// ask sends a message to the key distribution centres of a realm, one after the other until one answers. A message that
// shows a credential is not sent to a second one: that might count as a second attempt.
func (k *kdc) ask(ctx context.Context, op, realm string, message []byte, shows bool) ([]byte, error) {
	addresses, err := k.addresses(ctx, realm)
	if err != nil {
		return nil, &Error{Op: op, Kind: KindUnreachable, Err: err}
	}
	var failures []error
	for i, address := range addresses {
		patience, sent := kdcPatience, false
		if i == len(addresses)-1 || shows {
			patience = 0
		}
		reply, err := k.exchange(ctx, address, message, patience, &sent)
		if err == nil && unavailable(reply) {
			err = errors.New("it cannot serve now")
		}
		if err == nil {
			k.profile.prefer(realm, address)
			return reply, nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", address, err))
		if shows && sent || ctx.Err() != nil {
			break
		}
	}
	k.profile.prefer(realm, "")
	return nil, &Error{Op: op, Kind: KindUnreachable, Err: fmt.Errorf("no answer from realm %s: %w", realm, errors.Join(failures...))}
}

// addresses lists the key distribution centres of a realm, that which answered last first.
func (k *kdc) addresses(ctx context.Context, realm string) ([]string, error) {
	var list []string
	for _, entry := range k.profile.kdcs[realm] {
		if address, ok := kdcAddress(entry); ok {
			list = append(list, address)
		}
	}
	if len(k.profile.kdcs[realm]) == 0 && k.profile.useDNS {
		_, records, err := k.lookup(ctx, "kerberos", "tcp", realm+".")
		if err != nil {
			return nil, fmt.Errorf("the krb5 configuration lists no key distribution centre of realm %s, nor does DNS: %w", realm, err)
		}
		for _, record := range records {
			list = append(list, net.JoinHostPort(strings.TrimSuffix(record.Target, "."), strconv.Itoa(int(record.Port))))
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no key distribution centre of realm %s is known", realm)
	}
	if i := slices.Index(list, k.profile.preferred(realm)); i > 0 {
		list[0], list[i] = list[i], list[0]
	}
	return list, nil
}

// kdcAddress reads a value of "kdc" in krb5.conf: a host name or an address, with a port or without. Others than TCP, such
// as HTTPS proxies (MS-KKDCP), are not supported.
func kdcAddress(entry string) (address string, ok bool) {
	entry = strings.TrimPrefix(entry, "tcp/")
	if entry == "" || strings.Contains(entry, "/") {
		return "", false
	}
	if ip, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
		return net.JoinHostPort(ip.String(), kdcPort), true
	}
	if _, _, err := net.SplitHostPort(entry); err != nil {
		return net.JoinHostPort(entry, kdcPort), true
	}
	return entry, true
}

// exchange is one message and its answer over TCP (RFC 4120 section 7.2.2). It sets sent as soon as a byte may have left.
// A patience of 0 leaves all the time that the context has.
func (k *kdc) exchange(ctx context.Context, address string, message []byte, patience time.Duration, sent *bool) ([]byte, error) {
	if patience > 0 {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		ctx = limited
	}
	c, err := k.dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	*sent = true
	if _, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)); err != nil {
		return nil, err
	}
	return readFramed(c)
}

func readFramed(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, fmt.Errorf("the answer is cut off: %w", err)
	}
	size := binary.BigEndian.Uint32(head[:])
	if size == 0 || size > maxReply {
		return nil, fmt.Errorf("the answer claims to have %d bytes, of at most %d", size, maxReply)
	}
	reply := make([]byte, size)
	if _, err := io.ReadFull(r, reply); err != nil {
		return nil, fmt.Errorf("the answer is cut off: %w", err)
	}
	return reply, nil
}
