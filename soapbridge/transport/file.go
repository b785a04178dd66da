package transport

import (
	"os"
	"time"
)

// settled is how old a change must be before a file is taken for finished: one that is written in several steps may keep
// its size and, as coarse as clocks are, its time.
const settled = 2 * time.Second

// fileStamp recognises that a file has changed or was replaced.
type fileStamp struct {
	info os.FileInfo
	took time.Time
}

// changed tells whether the file may differ from when it was last asked, and remembers how it is now.
func (s *fileStamp) changed(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	same := s.info != nil && os.SameFile(s.info, info) && s.info.ModTime().Equal(info.ModTime()) &&
		s.info.Size() == info.Size() && s.took.Sub(info.ModTime()) > settled
	s.info, s.took = info, time.Now()
	return !same, nil
}
