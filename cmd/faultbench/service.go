package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// service is the binary as a process of its own. It is killed and started
// again, at the same address and on the same database.
type service struct {
	binary string
	folder string
	api    string   // host:port
	ops    string   // host:port
	env    []string // besides what start adds

	process *exec.Cmd
	log     *os.File
	starts  []time.Duration // from the start of the process until it was ready
}

const (
	startLimit = 30 * time.Second
	stopLimit  = 30 * time.Second
	readyPause = 3 * time.Millisecond
)

// port returns one that nobody listens on. Links name the address before there
// is a listener, so that the system cannot be asked for a free one; and below
// 32768, because it gives away the ones above.
func port() (string, error) {
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000)) // #nosec G404 -- chance, and no secret
		if listener, err := net.Listen("tcp", address); err == nil {
			return address, listener.Close()
		}
	}
	return "", errors.New("no port is free")
}

// start starts the process and returns when it is ready.
func (s *service) start(ctx context.Context) (err error) {
	if s.log == nil {
		if s.log, err = os.Create(filepath.Join(s.folder, "log")); err != nil { // #nosec G703 -- a folder of our own
			return err
		}
	}
	s.process = exec.Command(s.binary, "serve") // #nosec G204 G702 -- the binary that the caller names
	s.process.Dir = s.folder
	s.process.Stdout, s.process.Stderr = s.log, s.log
	s.process.Env = append([]string{"PATH=" + os.Getenv("PATH"), "CLIENTELE_LISTEN=" + s.api, "CLIENTELE_OPS_LISTEN=" + s.ops, "CLIENTELE_PUBLIC_URL=http://" + s.api}, s.env...)
	began := time.Now()
	if err := s.process.Start(); err != nil {
		s.process = nil
		return err
	}
	if err := s.awaitReady(ctx, began.Add(startLimit)); err != nil {
		return errors.Join(err, s.kill())
	}
	s.starts = append(s.starts, time.Since(began))
	return nil
}

func (s *service) awaitReady(ctx context.Context, deadline time.Time) error {
	probe := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		response, err := probe.Get("http://" + s.ops + "/readyz") // #nosec G704 -- the service that was started here
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the service was not ready after %s; see %s", startLimit, s.log.Name())
		}
		if err := pause(ctx, readyPause); err != nil {
			return err
		}
	}
}

// kill ends the process without a word.
func (s *service) kill() error {
	if s.process == nil {
		return nil
	}
	err := s.process.Process.Kill()
	_ = s.process.Wait() // it was killed, and says so
	s.process = nil
	return err
}

// stop tells the process to end, and ends it when it does not.
func (s *service) stop() error {
	if s.process == nil {
		return nil
	}
	limit := time.AfterFunc(stopLimit, func() { _ = s.process.Process.Kill() })
	err := s.process.Process.Signal(syscall.SIGTERM)
	err = errors.Join(err, s.process.Wait())
	limit.Stop()
	s.process = nil
	return err
}

// pause waits, or returns early with the error of the context.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// until asks again and again until something is done.
func until(ctx context.Context, limit time.Duration, what string, done func() (bool, error)) error {
	const every = 100 * time.Millisecond
	for deadline := time.Now().Add(limit); ; {
		finished, err := done()
		if err != nil || finished {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %s: %s", limit, what)
		}
		if err := pause(ctx, every); err != nil {
			return err
		}
	}
}
