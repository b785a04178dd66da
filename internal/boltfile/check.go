package boltfile

import (
	"fmt"
	"os"
)

// maxDepth is more than bbolt needs for any file that fits on a disk.
const maxDepth = 32

// minPage is the least size of pages that bbolt looks for.
const minPage = 1024

// checker walks over the pages of a file.
type checker struct {
	file     *os.File
	pageSize int64
	end      uint64   // the first page that is not in use
	seen     []uint64 // a bit for each page
}

// checkPages reads all pages that are in use.
func checkPages(file *os.File, pageSize int64) error {
	c := &checker{file: file, pageSize: pageSize}
	if pageSize < minPage {
		return damaged("it has pages of %d bytes", pageSize)
	}
	newest, err := c.header()
	if err != nil {
		return damage{err}
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if newest.end > uint64(info.Size()/pageSize) {
		return damaged("it ends after %d of %d pages", info.Size()/pageSize, newest.end)
	}
	c.end, c.seen = newest.end, make([]uint64, newest.end/64+1)
	if err := c.tree(newest.root, nil, nil, 0); err != nil {
		return damage{err}
	}
	if newest.free != noFreePages {
		if err := c.freePages(newest.free); err != nil {
			return damage{err}
		}
	}
	return nil
}

// header reads both headers. bbolt is content with one, and goes back to what was before the last transaction then: a phone that
// has rung would ring again.
func (c *checker) header() (newest meta, err error) {
	for n := range uint64(2) {
		p := make(page, c.pageSize)
		if _, err := c.file.ReadAt(p, int64(n)*c.pageSize); err != nil {
			return newest, fmt.Errorf("header %d: %w", n, err)
		}
		m, err := readMeta(p)
		switch {
		case err != nil:
			return newest, err
		case p.number() != n || m.transaction%2 != n || int64(m.pageSize) != c.pageSize:
			return newest, fmt.Errorf("header %d is not in its place", n)
		case n == 1 && max(m.transaction, newest.transaction)-min(m.transaction, newest.transaction) != 1:
			return newest, fmt.Errorf("the headers are of transactions %d and %d", newest.transaction, m.transaction)
		case m.transaction >= newest.transaction:
			newest = m
		}
	}
	return newest, nil
}

// read reads a page that nobody else has pointed to.
func (c *checker) read(number uint64) (page, error) {
	if number < 2 || number >= c.end {
		return nil, fmt.Errorf("page %d is beyond the file", number)
	}
	head := make(page, pageHeader)
	if _, err := c.file.ReadAt(head, int64(number)*c.pageSize); err != nil {
		return nil, fmt.Errorf("page %d: %w", number, err)
	}
	if head.number() != number || head.following() >= c.end-number {
		return nil, fmt.Errorf("page %d is not in its place", number)
	}
	for n := number; n <= number+head.following(); n++ {
		if !c.mark(n) {
			return nil, fmt.Errorf("page %d belongs to two others", n)
		}
	}
	p := make(page, int64(1+head.following())*c.pageSize)
	if _, err := c.file.ReadAt(p, int64(number)*c.pageSize); err != nil {
		return nil, fmt.Errorf("page %d: %w", number, err)
	}
	return p, nil
}

// mark notes that a page was seen, and tells whether it is the first time.
func (c *checker) mark(number uint64) bool {
	word, bit := &c.seen[number/64], uint64(1)<<(number%64)
	first := *word&bit == 0
	*word |= bit
	return first
}

// tree checks a page, which holds keys from low on and below high, and what is below it.
func (c *checker) tree(number uint64, low, high []byte, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("page %d is too deep", number)
	}
	p, err := c.read(number)
	if err != nil {
		return err
	}
	if kind := p.kind(); kind != kindLeaf && (kind != kindBranch || p.count() == 0) {
		return fmt.Errorf("page %d is of kind %#x with %d entries", number, kind, p.count())
	}
	all, err := p.elements(low, high)
	if err != nil {
		return fmt.Errorf("page %d: %w", number, err)
	}
	for n, e := range all {
		switch below := high; {
		case p.kind() == kindBranch:
			if n+1 < len(all) {
				below = all[n+1].key
			}
			err = c.tree(e.child, e.key, below, depth+1)
		case e.bucket:
			err = c.bucket(e.value, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket checks a bucket within another one: small ones are written in the value, as a page without a number.
func (c *checker) bucket(value []byte, depth int) error {
	if len(value) < bucketHeader {
		return fmt.Errorf("a bucket has %d bytes", len(value))
	}
	if root := order.Uint64(value); root != 0 {
		return c.tree(root, nil, nil, depth)
	}
	inline := page(value[bucketHeader:])
	if len(inline) < pageHeader || inline.kind() != kindLeaf {
		return fmt.Errorf("a small bucket is of %d bytes", len(value))
	}
	all, err := inline.elements(nil, nil)
	for _, e := range all {
		if e.bucket {
			return fmt.Errorf("a small bucket holds another")
		}
	}
	return err
}

// freePages checks the list of pages that hold nothing: bbolt writes over them.
func (c *checker) freePages(number uint64) error {
	p, err := c.read(number)
	if err != nil {
		return err
	}
	count, list := uint64(p.count()), p[pageHeader:]
	if count == 0xFFFF {
		count, list = order.Uint64(list), list[8:]
	}
	if p.kind() != kindFree || count > uint64(len(list)/8) {
		return fmt.Errorf("the list of free pages is of kind %#x with %d entries", p.kind(), count)
	}
	for n := range count {
		if free := order.Uint64(list[8*n:]); free < 2 || free >= c.end || !c.mark(free) {
			return fmt.Errorf("page %d is free and in use", free)
		}
	}
	return nil
}
