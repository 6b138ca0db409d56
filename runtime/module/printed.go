package module

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"sync"
	"time"
)

// quiet is how long nobody has to have printed anything before the output of a program that has ended counts as whole, though others that it
// started keep the pipes open.
//
// Observed: run_command of ansible-core 2.14 and 2.19 looks every second whether the program has ended, and anew after each output.
const quiet = time.Second

// printed takes what a program prints on its standard output and error.
type printed struct {
	text    [2]bytes.Buffer
	readers [2]*os.File
	writers [2]*os.File
	heard   chan bool     // that something was printed, false that a pipe has ended
	over    chan struct{} // closed when nobody listens any more
	reading sync.WaitGroup
}

// newPrinted gives a command pipes to print to.
func newPrinted(cmd *exec.Cmd) (*printed, error) {
	p := &printed{heard: make(chan bool), over: make(chan struct{})}
	for i := range p.readers {
		var err error
		if p.readers[i], p.writers[i], err = os.Pipe(); err != nil {
			p.close()
			return nil, err
		}
	}
	cmd.Stdout, cmd.Stderr = p.writers[0], p.writers[1]
	return p, nil
}

// wait reads until the pipes and the program have ended, or the program has and all are quiet, or nobody wants to know any more. It returns
// what ended says.
func (p *printed) wait(ctx context.Context, ended <-chan error) error {
	p.closeWriters()
	for i := range p.readers {
		p.reading.Go(func() { p.read(i) })
	}
	timer := time.NewTicker(quiet)
	defer timer.Stop()
	defer p.stop()
	var err error
	for open, running := len(p.readers), true; open > 0 || running; {
		select {
		case more := <-p.heard:
			if !more {
				open--
			}
			timer.Reset(quiet)
		case err = <-ended:
			running = false
		case <-timer.C:
			if !running {
				return err
			}
		case <-unwanted(ctx, running):
			return err
		}
	}
	return err
}

// unwanted ends when a program that has ended need not be listened to any more.
func unwanted(ctx context.Context, running bool) <-chan struct{} {
	if running {
		return nil
	}
	return ctx.Done()
}

func (p *printed) read(i int) {
	buf := make([]byte, 32<<10)
	for {
		n, err := p.readers[i].Read(buf)
		p.text[i].Write(buf[:n])
		select {
		case p.heard <- err == nil:
		case <-p.over:
			return
		}
		if err != nil {
			return
		}
	}
}

// stop ends the readers.
func (p *printed) stop() {
	close(p.over)
	for _, r := range p.readers {
		r.Close()
	}
	p.reading.Wait()
}

func (p *printed) closeWriters() {
	for i, w := range p.writers {
		if w != nil {
			w.Close()
		}
		p.writers[i] = nil
	}
}

// close frees what wait has not.
func (p *printed) close() {
	p.closeWriters()
	for _, r := range p.readers {
		if r != nil {
			r.Close()
		}
	}
}
