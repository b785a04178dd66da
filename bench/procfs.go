package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc: USER_HZ, which is 100 on every architecture that Linux and Go share.
const tick = time.Second / 100

// cpu returns the processor time that the process has used, by the kernel's account (proc(5), fields utime and stime).
func (p *process) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	return parseStat(stat)
}

func parseStat(stat []byte) (time.Duration, error) {
	// The name of the program, in parentheses, may hold anything.
	_, rest, found := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	fields := strings.Fields(string(rest))
	if !found || len(fields) < 13 {
		return 0, errors.New("/proc/…/stat has another form")
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}

// resident returns the memory of the process that is in use now, in bytes.
func (p *process) resident() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	return parseStatus(status)
}

func parseStatus(status []byte) (int64, error) {
	_, rest, found := bytes.Cut(status, []byte("\nVmRSS:"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	number, isKB := strings.CutSuffix(strings.TrimSpace(string(line)), " kB")
	if !found || !isKB {
		return 0, errors.New("/proc/…/status has another form")
	}
	kilobytes, err := strconv.ParseInt(number, 10, 64)
	return kilobytes << 10, err
}
