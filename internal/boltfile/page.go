package boltfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
)

// The layout of bbolt's file, version 2: numbers are in the byte order of the machine (internal/common of bbolt v1.5.0).
const (
	pageHeader    = 16 // number of the page 8, kind 2, count 2, pages that follow 4
	elementSize   = 16 // of a branch: position, size of the key, page; of a leaf: flags, position, sizes of key and value
	bucketHeader  = 16 // root 8, sequence 8
	metaSize      = 64
	metaSummed    = metaSize - 8
	magic         = 0xED0CDAED
	layoutVersion = 2

	kindBranch, kindLeaf, kindMeta, kindFree = 0x01, 0x02, 0x04, 0x10

	noFreePages = ^uint64(0)
)

var order = binary.NativeEndian

// page is one page with those that continue it.
type page []byte

func (p page) number() uint64    { return order.Uint64(p) }
func (p page) kind() uint16      { return order.Uint16(p[8:]) }
func (p page) count() int        { return int(order.Uint16(p[10:])) }
func (p page) following() uint64 { return uint64(order.Uint32(p[12:])) }

// element is an entry of a page: of a branch if child is not 0.
type element struct {
	key, value []byte
	bucket     bool
	child      uint64
}

// element reads entry n, which must be there, within the page.
func (p page) element(n int) (e element, err error) {
	at := pageHeader + n*elementSize
	head := p[at : at+elementSize]
	var position, key, value uint32
	if p.kind() == kindBranch {
		position, key = order.Uint32(head), order.Uint32(head[4:])
		e.child = order.Uint64(head[8:])
	} else {
		position, key, value = order.Uint32(head[4:]), order.Uint32(head[8:]), order.Uint32(head[12:])
		if order.Uint32(head)&^1 != 0 {
			return e, fmt.Errorf("entry %d is of an unknown kind", n)
		}
		e.bucket = order.Uint32(head)&1 != 0
	}
	start := int64(at) + int64(position)
	end := start + int64(key) + int64(value)
	if start < int64(pageHeader+p.count()*elementSize) || end > int64(len(p)) || key == 0 {
		return e, fmt.Errorf("entry %d reaches beyond the page", n)
	}
	e.key, e.value = p[start:start+int64(key)], p[start+int64(key):end]
	return e, nil
}

// elements reads all entries, whose keys must ascend from low on and stay below high; nil stands for no limit.
func (p page) elements(low, high []byte) ([]element, error) {
	if pageHeader+p.count()*elementSize > len(p) {
		return nil, fmt.Errorf("%d entries do not fit", p.count())
	}
	all := make([]element, 0, p.count())
	for n := range p.count() {
		e, err := p.element(n)
		if err != nil {
			return nil, err
		}
		if n > 0 && bytes.Compare(all[n-1].key, e.key) >= 0 || bytes.Compare(low, e.key) > 0 || high != nil && bytes.Compare(e.key, high) >= 0 {
			return nil, fmt.Errorf("entry %d is out of order", n)
		}
		all = append(all, e)
	}
	return all, nil
}

// meta is one of the two headers of a file, which transactions write in turn.
type meta struct{ pageSize, root, free, end, transaction uint64 }

func readMeta(p page) (m meta, err error) {
	data := p[pageHeader : pageHeader+metaSize]
	sum := fnv.New64a()
	sum.Write(data[:metaSummed])
	if p.kind() != kindMeta || order.Uint32(data) != magic || order.Uint32(data[4:]) != layoutVersion || order.Uint64(data[metaSummed:]) != sum.Sum64() {
		return m, fmt.Errorf("header %d cannot be read, and the last changes may be lost", p.number())
	}
	return meta{
		pageSize: uint64(order.Uint32(data[8:])), root: order.Uint64(data[16:]),
		free: order.Uint64(data[32:]), end: order.Uint64(data[40:]), transaction: order.Uint64(data[48:]),
	}, nil
}
