package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// process is a child: something that is measured, or something that helps to.
type process struct {
	name    string
	command *exec.Cmd
	input   io.WriteCloser
	output  *bufio.Scanner
	address map[string]string // by what it said is ready there
	foreign bool              // it does not end with its standard input, as the roles of this program do
}

// program is what is to be started.
type program struct {
	path        string
	args        []string
	environment []string // in addition to this program's
	names       []string // of what it will say is ready
	foreign     bool     // see process
}

// launch starts a program and waits until it has said "X ready at ADDRESS" for each of the names. What else it says is ready
// is noted as well.
func launch(ctx context.Context, what program) (*process, error) {
	p := &process{name: strings.Join(append([]string{what.path}, what.args...), " "), address: map[string]string{}, foreign: what.foreign}
	p.command = exec.CommandContext(ctx, what.path, what.args...)
	p.command.Cancel = func() error { return p.command.Process.Signal(os.Interrupt) }
	p.command.WaitDelay = 5 * time.Second
	p.command.Env = append(os.Environ(), what.environment...)
	log, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.command.Stderr = log // the access log
	if p.input, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	output, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.output = bufio.NewScanner(output)
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	for _, name := range what.names {
		for p.address[name] == "" {
			line, err := p.line()
			if err != nil {
				return nil, errors.Join(fmt.Errorf("wait for %s: %w", name, err), p.stop())
			}
			said, address, _ := strings.Cut(line, " ready at ")
			p.address[said] = strings.TrimPrefix(address, "http://")
		}
	}
	return p, nil
}

// line reads the next line that the process prints.
func (p *process) line() (string, error) {
	if p.output.Scan() {
		return p.output.Text(), nil
	}
	return "", fmt.Errorf("%s: it has ended: %w", p.name, errors.Join(io.ErrUnexpectedEOF, p.output.Err()))
}

// ask sends a value as a line and reads the answer.
func (p *process) ask(question, answer any) error {
	if err := json.NewEncoder(p.input).Encode(question); err != nil {
		return err
	}
	return p.answer(answer)
}

// tell sends a value as a line and waits until it was heard.
func (p *process) tell(what any) error {
	if err := json.NewEncoder(p.input).Encode(what); err != nil {
		return err
	}
	_, err := p.line()
	return err
}

// answer reads a value.
func (p *process) answer(value any) error {
	line, err := p.line()
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(line), value)
}

// stop has the process end and waits for that.
func (p *process) stop() error {
	_ = p.input.Close()
	if p.foreign {
		_ = p.command.Process.Signal(os.Interrupt)
	}
	for p.output.Scan() {
		continue
	}
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}
