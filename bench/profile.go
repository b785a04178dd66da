package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// profile writes the profiles of a turn that begins now, if they are wanted: where the time goes, and what is allocated. The
// channel yields one value when that is done.
func (b *bench) profile(p *process, name string) <-chan error {
	done := make(chan error, 1)
	if b.profiles == "" {
		done <- nil
		return done
	}
	go func() {
		seconds := max(1, int(b.duration/time.Second))
		if err := b.fetch(p, fmt.Sprintf("profile?seconds=%d", seconds), name+".cpu.pprof"); err != nil {
			done <- err
			return
		}
		done <- b.fetch(p, "allocs", name+".allocs.pprof")
	}()
	return done
}

func (b *bench) fetch(p *process, what, file string) error {
	response, err := http.Get("http://" + p.address["hook"] + "/debug/pprof/" + what)
	if err != nil {
		return fmt.Errorf("fetch the profile: %w", err)
	}
	defer response.Body.Close()
	out, err := os.Create(filepath.Join(b.profiles, file))
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, response.Body); err != nil {
		return err
	}
	return out.Close()
}
