package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// ailment is a way in which a mail server fails.
type ailment string

const (
	healthy    ailment = ""
	refuses    ailment = "refuses connections"
	garbage    ailment = "garbage banner"
	closing    ailment = "421"
	later      ailment = "451"
	never      ailment = "550"
	stalls     ailment = "stalls after the letter"
	drops      ailment = "drops before the 250"
	unsecured  ailment = "no STARTTLS"
	notAServer         = "HTTP/1.1 400 Bad Request\r\n\r\n"
)

// sink is a mail server on loopback that keeps what it is sent, and fails as it
// is told to. It asks for STARTTLS, with a certificate that the service trusts.
type sink struct {
	address     string
	certificate tls.Certificate
	secure      *lane // connections that are offered STARTTLS
	plain       *lane
	servers     []*smtp.Server
	running     sync.WaitGroup

	mutex     sync.Mutex
	listener  net.Listener
	open      []net.Conn // accepted since the present ailment began
	ailment   ailment
	recovered chan struct{} // closed when the present ailment ends
	letters   []letter
	exposed   int // letters that came in clear
}

// newSink starts a sink, and writes its certificate to a file in PEM.
func newSink(certificateFile string) (*sink, error) {
	certificate, err := selfSigned()
	if err != nil {
		return nil, err
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	if err := os.WriteFile(certificateFile, encoded, 0o600); err != nil {
		return nil, err
	}
	s := &sink{certificate: certificate, address: "127.0.0.1:0", recovered: make(chan struct{})}
	s.secure, s.plain = s.serve(&tls.Config{Certificates: []tls.Certificate{certificate}}), s.serve(nil)
	return s, s.listen()
}

// serve starts a server that gets its connections from a lane.
func (s *sink) serve(settings *tls.Config) *lane {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &conversation{sink: s, connection: c}, nil }))
	server.Domain = "mail.test"
	server.ErrorLog = log.New(io.Discard, "", 0) // connections that break are what this is for
	server.TLSConfig = settings
	s.servers = append(s.servers, server)
	made := &lane{connections: make(chan net.Conn), closed: make(chan struct{})}
	s.running.Go(func() { _ = server.Serve(made) })
	return made
}

// listen opens the address, the same as before.
func (s *sink) listen() error {
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.address, s.listener = listener.Addr().String(), listener
	s.running.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			s.mutex.Lock()
			s.open = append(s.open, connection)
			s.mutex.Unlock()
			s.greet(connection)
		}
	})
	return nil
}

func (s *sink) greet(connection net.Conn) {
	ailment, _ := s.now()
	switch ailment {
	case garbage:
		_, _ = io.WriteString(connection, notAServer)
		_ = connection.Close()
	case unsecured:
		s.plain.hand(connection)
	default:
		s.secure.hand(connection)
	}
}

func (s *sink) now() (ailment, <-chan struct{}) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.ailment, s.recovered
}

// suffer has the sink fail in a way from now on; healthy ends it. Connections are
// broken off, as if the server were started anew.
func (s *sink) suffer(next ailment) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	before := s.ailment
	close(s.recovered)
	for _, connection := range s.open {
		_ = connection.Close()
	}
	s.ailment, s.recovered, s.open = next, make(chan struct{}), nil
	if next == refuses && before != refuses {
		return s.listener.Close()
	}
	if before == refuses && next != refuses {
		return s.listen()
	}
	return nil
}

// received returns all letters, in order of arrival.
func (s *sink) received() []letter {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.letters)
}

func (s *sink) close() {
	s.mutex.Lock()
	close(s.recovered)
	s.recovered = make(chan struct{})
	s.ailment = healthy
	_ = s.listener.Close()
	s.mutex.Unlock()
	for _, server := range s.servers {
		_ = server.Close()
	}
	_, _ = s.secure.Close(), s.plain.Close()
	s.running.Wait()
}

// lane is a listener that is handed its connections.
type lane struct {
	connections chan net.Conn
	once        sync.Once
	closed      chan struct{}
}

func (l *lane) hand(connection net.Conn) {
	select {
	case l.connections <- connection:
	case <-l.closed:
		_ = connection.Close()
	}
}

// Accept waits for the next connection.
func (l *lane) Accept() (net.Conn, error) {
	select {
	case connection := <-l.connections:
		return connection, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (l *lane) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr has nothing to tell.
func (l *lane) Addr() net.Addr { return &net.TCPAddr{} }

// conversation is one connection.
type conversation struct {
	sink       *sink
	connection *smtp.Conn
	to         string
}

// Mail is where a server says that it has no time.
func (c *conversation) Mail(string, *smtp.MailOptions) error {
	if ailment, _ := c.sink.now(); ailment == closing {
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Closing"}
	}
	return nil
}

// Rcpt is where a server refuses the recipient.
func (c *conversation) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = to
	switch ailment, _ := c.sink.now(); ailment {
	case later:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Try again later"}
	case never:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox"}
	}
	return nil
}

// Data receives the letter. A sink that stalls has taken it, keeps silent until
// it recovers, and forgets it then.
func (c *conversation) Data(body io.Reader) error {
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	ailment, recovered := c.sink.now()
	if ailment == stalls {
		<-recovered
		return c.connection.Conn().Close()
	}
	received, err := readLetter(raw)
	if err != nil {
		return err
	}
	received.To = c.to
	_, encrypted := c.connection.TLSConnectionState()
	c.sink.keep(received, encrypted)
	if ailment == drops {
		return c.connection.Conn().Close()
	}
	return nil
}

// Reset has nothing to undo.
func (c *conversation) Reset() {}

// Logout has nothing to end.
func (c *conversation) Logout() error { return nil }

func (s *sink) keep(received letter, encrypted bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.letters = append(s.letters, received)
	if !encrypted {
		s.exposed++
	}
}

// subjects are those of the built-in templates, in English.
var subjects = map[string]string{
	"Confirm your e-mail address for Clientele": confirmLetter,
	"Set a new password for Clientele":          restoreLetter,
	"Your password for Clientele was changed":   changedLetter,
	"Your account at Clientele was erased":      erasedLetter,
}

func readLetter(raw []byte) (letter, error) {
	parsed, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return letter{}, err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil {
		return letter{}, err
	}
	id, _, found := strings.Cut(strings.Trim(parsed.Header.Get("Message-ID"), "<>"), "@")
	if !found {
		return letter{}, errors.New("no Message-ID")
	}
	made := letter{ID: id, Kind: subjects[subject]}
	if made.Kind == "" {
		made.Kind = subject
	}
	made.Text, err = plainText(parsed)
	return made, err
}

func plainText(message *netmail.Message) (string, error) {
	_, parameters, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	parts := multipart.NewReader(message.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return "", fmt.Errorf("no text: %w", err)
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
			text, err := io.ReadAll(quotedprintable.NewReader(part))
			return string(text), err
		}
	}
}

// selfSigned makes a certificate for 127.0.0.1.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
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
	return tls.Certificate{Certificate: [][]byte{encoded}, PrivateKey: key}, err
}
