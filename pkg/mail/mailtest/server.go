// Package mailtest is a mail server for tests: it holds real conversations,
// keeps what it was sent, and fails in the ways that mail servers fail.
package mailtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Stage is a point of the conversation.
type Stage string

// The stages at which a server can be told to fail.
const (
	AtMail      Stage = "MAIL" // the sender was named
	AtRecipient Stage = "RCPT" // the recipient was named
	AtData      Stage = "DATA" // the whole letter was received, and no reply sent yet
	AtReset     Stage = "RSET" // the letter was acknowledged, and the conversation goes on; a refusal here is never heard
)

// Server is a mail server on 127.0.0.1 that ends with the test.
type Server struct {
	options
	listener net.Listener
	roots    *x509.CertPool
	gone     chan struct{} // closed when the test is over

	mutex       sync.Mutex
	messages    []Message
	connections map[*smtp.Conn]bool // that were greeted; true while they are open
	refusals    map[Stage]int
	stalls      map[Stage]bool
	drop        bool
}

// Message is one letter as the server received it.
type Message struct {
	From       string
	Recipients []string // of the envelope
	Header     netmail.Header
	MediaType  string // of the whole, such as multipart/alternative
	Text       string // decoded
	HTML       string // decoded
	Raw        string
	User       string // who logged in; "" when nobody did
	Encrypted  bool
}

type options struct {
	starttls, implicit bool
	user, password     string
}

// Option changes what a new server offers.
type Option func(*options)

// StartTLS makes the server offer STARTTLS.
func StartTLS() Option { return func(o *options) { o.starttls = true } }

// ImplicitTLS makes the server speak TLS from the first byte.
func ImplicitTLS() Option { return func(o *options) { o.implicit = true } }

// Account makes the server take letters only from somebody who logs in.
func Account(user, password string) Option {
	return func(o *options) { o.user, o.password = user, password }
}

// NewServer starts a server that takes every letter.
func NewServer(t testing.TB, choices ...Option) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	made := &Server{listener: listener, gone: make(chan struct{}), connections: map[*smtp.Conn]bool{}, refusals: map[Stage]int{}, stalls: map[Stage]bool{}}
	for _, choose := range choices {
		choose(&made.options)
	}
	certificate, roots, err := selfSigned()
	if err != nil {
		t.Fatal(err)
	}
	made.roots = roots
	made.serve(t, certificate)
	return made
}

func (s *Server) serve(t testing.TB, certificate tls.Certificate) {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		s.note(c, true)
		return &session{server: s, connection: c}, nil
	}))
	server.Domain = "mail.test"
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = true
	server.ErrorLog = log.New(io.Discard, "", 0) // connections that break are what tests are for
	settings := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if s.starttls {
		server.TLSConfig = settings
	}
	if s.implicit {
		s.listener = tls.NewListener(s.listener, settings)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(s.listener)
	}()
	t.Cleanup(func() {
		close(s.gone)
		_ = server.Close()
		_ = s.listener.Close() // a server that has not begun to serve does not know its listener yet
		<-done
	})
}

// URL is the server's address as pkg/mail reads it, with the account if there
// is one. TLS is required when the server offers it, else off.
func (s *Server) URL() string {
	made := url.URL{Scheme: "smtp", Host: s.listener.Addr().String(), RawQuery: "starttls=off"}
	switch {
	case s.implicit:
		made.Scheme, made.RawQuery = "smtps", ""
	case s.starttls:
		made.RawQuery = "starttls=required"
	}
	if s.user != "" {
		made.User = url.UserPassword(s.user, s.password)
	}
	return made.String()
}

// RootCAs trusts the server's certificate.
func (s *Server) RootCAs() *x509.CertPool { return s.roots }

// Messages returns the letters received so far, oldest first. A letter that
// the server failed to acknowledge is among them when it had arrived.
func (s *Server) Messages() []Message {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.messages)
}

// Refuse answers with code from now on, at the stage: 4yz for now, 5yz for
// good. A letter refused AtData is not kept.
func (s *Server) Refuse(at Stage, code int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.refusals[at] = code
}

// Stall never answers from now on, at the stage.
func (s *Server) Stall(at Stage) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.stalls[at] = true
}

// Drop breaks the connection from now on after a letter was received and kept,
// before its final dot is answered: the sender cannot know.
func (s *Server) Drop() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.drop = true
}

// Connections counts those that were ever greeted, and those that are open.
func (s *Server) Connections() (all, open int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, isOpen := range s.connections {
		all++
		if isOpen {
			open++
		}
	}
	return all, open
}

// Hangup breaks the connections that are open now, as a server does that has
// waited for long enough or is started anew.
func (s *Server) Hangup() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for connection, isOpen := range s.connections {
		if isOpen {
			_ = connection.Conn().Close()
		}
	}
}

func (s *Server) note(connection *smtp.Conn, isOpen bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.connections[connection] = isOpen
}

// Recover ends Refuse, Stall and Drop.
func (s *Server) Recover() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	clear(s.refusals)
	clear(s.stalls)
	s.drop = false
}

// fault waits when the stage stalls, and returns the refusal if there is one.
func (s *Server) fault(at Stage) error {
	s.mutex.Lock()
	code, stalls := s.refusals[at], s.stalls[at]
	s.mutex.Unlock()
	if stalls {
		<-s.gone
	}
	if code == 0 {
		return nil
	}
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "Refused"}
}

func (s *Server) keep(message Message) (drop bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.messages = append(s.messages, message)
	return s.drop
}

// session is one conversation.
type session struct {
	server     *Server
	connection *smtp.Conn
	user       string
	from       string
	recipients []string
	done       bool // a letter was received
}

func (s *session) AuthMechanisms() []string {
	if s.server.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.user || password != s.server.password {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.user != "" && s.user == "" {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return s.server.fault(AtMail)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.recipients = append(s.recipients, to)
	return s.server.fault(AtRecipient)
}

func (s *session) Data(body io.Reader) error {
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if err := s.server.fault(AtData); err != nil {
		return err
	}
	message, err := read(raw)
	if err != nil {
		return err
	}
	_, encrypted := s.connection.TLSConnectionState()
	message.From, message.Recipients, message.User, message.Encrypted = s.from, s.recipients, s.user, encrypted
	s.done = true
	if s.server.keep(message) {
		return s.connection.Conn().Close()
	}
	return nil
}

// Reset is also what follows the reply to a letter.
func (s *session) Reset() {
	s.from, s.recipients = "", nil
	if s.done {
		_ = s.server.fault(AtReset)
	}
}

// Logout is the end of the connection, however it came about.
func (s *session) Logout() error {
	s.server.note(s.connection, false)
	return nil
}

// read takes a letter apart.
func read(raw []byte) (Message, error) {
	parsed, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Message{}, err
	}
	made := Message{Header: parsed.Header, Raw: string(raw)}
	mediaType, parameters, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil {
		return Message{}, err
	}
	made.MediaType = mediaType
	parts := multipart.NewReader(parsed.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return made, nil
		}
		if err != nil {
			return Message{}, err
		}
		content, err := decode(part)
		if err != nil {
			return Message{}, err
		}
		switch partType, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); partType {
		case "text/plain":
			made.Text = content
		case "text/html":
			made.HTML = content
		}
	}
}

func decode(part *multipart.Part) (string, error) {
	var body io.Reader = part
	if part.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(part)
	}
	content, err := io.ReadAll(body)
	return string(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))), err
}

// selfSigned makes a certificate for 127.0.0.1 and the pool that trusts it.
func selfSigned() (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	encoded, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	certificate, err := x509.ParseCertificate(encoded)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return tls.Certificate{Certificate: [][]byte{encoded}, PrivateKey: key}, roots, nil
}
