package mail

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// connection is one to the mail server, on which the greeting is over.
type connection struct {
	net.Conn
	client  *gomail.Client
	session *smtp.Client
	letters int         // that were tried over it
	expiry  *time.Timer // ends the connection when it waits too long
}

// send tries a letter, within the context. One that has waited is asked first
// whether it is still there, and gets a tenth of the time to answer.
func (c *connection) send(ctx context.Context, message *gomail.Msg, timeout time.Duration) error {
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if c.letters > 0 {
		if err := c.session.UpdateDeadline(timeout / 10); err != nil {
			return err
		}
		if err := c.session.Reset(); err != nil {
			return err
		}
	}
	c.letters++
	return c.client.SendWithSMTPClient(c.session, message)
}

// isHangup tells the failures of a connection that had ended before the final
// dot of the letter was sent: there was no reply, or one that takes leave (421,
// RFC 5321, 3.8).
func isHangup(err error) bool {
	failed, found := errors.AsType[*gomail.SendError](err)
	if !found {
		return true // the question whether it is still there
	}
	return failed.Reason != gomail.ErrSMTPDataClose && (failed.ErrorCode() == 0 || failed.ErrorCode() == 421)
}

// quitTimeout is how long a server is waited for to say goodbye.
const quitTimeout = time.Second

func (c *connection) quit() {
	if c.session.UpdateDeadline(quitTimeout) == nil {
		_ = c.session.Quit()
	}
	_ = c.Close()
}

// pool holds the connections that wait for a letter, the one that has waited
// longest first.
type pool struct {
	mutex       sync.Mutex
	connections []*connection
	closed      bool
}

// connection returns one that waits, or a new one.
func (s *SMTP) connection(ctx context.Context) (*connection, error) {
	s.idle.mutex.Lock()
	last := len(s.idle.connections) - 1
	if last < 0 {
		s.idle.mutex.Unlock()
		return s.connect(ctx)
	}
	defer s.idle.mutex.Unlock()
	c := s.idle.connections[last]
	s.idle.connections = s.idle.connections[:last]
	c.expiry.Stop()
	return c, nil
}

// keep lets a connection wait for the next letter, or ends it. The letter is
// the server's by now: that it is slow to say goodbye is no failure.
func (s *SMTP) keep(c *connection) {
	s.idle.mutex.Lock()
	kept := !s.idle.closed && len(s.idle.connections) < s.MaxIdle && c.letters < s.MaxLetters
	if kept {
		s.idle.connections = append(s.idle.connections, c)
		c.expiry = time.AfterFunc(s.IdleFor, func() { s.expire(c) })
	}
	s.idle.mutex.Unlock()
	if !kept {
		c.quit()
	}
}

// expire ends a connection unless it was taken for a letter meanwhile.
func (s *SMTP) expire(c *connection) {
	s.idle.mutex.Lock()
	at := slices.Index(s.idle.connections, c)
	if at >= 0 {
		s.idle.connections = slices.Delete(s.idle.connections, at, at+1)
	}
	s.idle.mutex.Unlock()
	if at >= 0 {
		c.quit()
	}
}

// Close ends the connections that wait. Letters under way go on, and so does
// Send: over connections that it then ends.
func (s *SMTP) Close() error {
	s.idle.mutex.Lock()
	waiting := s.idle.connections
	s.idle.connections, s.idle.closed = nil, true
	s.idle.mutex.Unlock()
	var ended sync.WaitGroup
	for _, c := range waiting {
		c.expiry.Stop()
		ended.Go(c.quit)
	}
	ended.Wait()
	return nil
}
