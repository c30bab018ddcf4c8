package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// SMTP sends letters to one mail server (RFC 5321). A connection that has taken
// a letter is kept for the next one: where the server asks for STARTTLS and a
// login, that is 5.5 times as many letters a second (BenchmarkLetters: 2,000
// and 370, one after another, both ends on one machine of two cores).
//
// It may be used by several goroutines at once. Its fields are set before the
// first letter; Close ends it.
type SMTP struct {
	// Timeout bounds the whole conversation about one letter. A server may
	// take its time over the final dot, but a worker waits meanwhile.
	Timeout time.Duration
	// MaxIdle is how many connections are kept without a letter under way; 0
	// sends each letter over a connection of its own.
	MaxIdle int
	// IdleFor is how long each of them is kept so. Servers end connections that
	// wait, and the letter that finds one ended costs a round trip more.
	IdleFor time.Duration
	// MaxLetters is how many letters go over one connection; servers have a
	// bound on that, too.
	MaxLetters int
	// RootCAs are trusted to sign the server's certificate; nil takes those of
	// the system.
	RootCAs *x509.CertPool
	// Now is the clock of the Date header.
	Now func() time.Time

	idle pool

	host           string
	port           int
	user, password string
	from           *netmail.Address
	domain         string // of the sender, in ASCII: the name we greet with, and the right part of the Message-ID
	implicit       bool   // TLS from the first byte
	starttls       gomail.TLSPolicy
}

const (
	defaultTimeout    = 30 * time.Second
	defaultMaxIdle    = 8 // as many as the queue has workers
	defaultIdleFor    = 8 * time.Second
	defaultMaxLetters = 100
)

// NewSMTP reads the address of a mail server and of the sender.
//
//	smtp://user:password@host:587?starttls=required|opportunistic|off
//	smtps://user:password@host:465
//
// The port may be left out (587 and 465). starttls is required unless the URL
// says otherwise; opportunistic encrypts when the server offers it and sends
// credentials only then; off is for a server on the same machine or network.
// from is one mailbox, with or without a name: `The Shop <shop@shop.example>`.
// Errors never show the password.
func NewSMTP(rawURL, from string) (*SMTP, error) {
	server, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("mail server: is not a URL") // the cause would quote the password
	}
	made := &SMTP{Timeout: defaultTimeout, MaxIdle: defaultMaxIdle, IdleFor: defaultIdleFor, MaxLetters: defaultMaxLetters, Now: time.Now, host: server.Hostname(), starttls: gomail.TLSMandatory}
	if err := made.readServer(server); err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	if err := made.readSender(from); err != nil {
		return nil, fmt.Errorf("sender of letters: %w", err)
	}
	return made, nil
}

func (s *SMTP) readServer(server *url.URL) error {
	if s.host == "" || server.Path != "" && server.Path != "/" || server.Fragment != "" {
		return errors.New("want scheme://user:password@host:port")
	}
	s.user = server.User.Username()
	s.password, _ = server.User.Password()
	if err := s.readTLS(server); err != nil {
		return err
	}
	s.port = 587
	if s.implicit {
		s.port = 465
	}
	if server.Port() == "" {
		return nil
	}
	port, err := strconv.Atoi(server.Port())
	if err != nil || port < 1 || port > 65535 {
		return errors.New("port: want 1 to 65535")
	}
	s.port = port
	return nil
}

func (s *SMTP) readTLS(server *url.URL) error {
	query := server.Query()
	for name := range query {
		if name != "starttls" || server.Scheme == "smtps" {
			return fmt.Errorf("unknown parameter %q", name)
		}
	}
	switch server.Scheme {
	case "smtps":
		s.implicit = true
		return nil
	case "smtp":
	default:
		return errors.New("scheme: want smtp or smtps")
	}
	switch query.Get("starttls") {
	case "", "required":
	case "opportunistic":
		s.starttls = gomail.TLSOpportunistic
	case "off":
		s.starttls = gomail.NoTLS
	default:
		return errors.New("starttls: want required, opportunistic or off")
	}
	return nil
}

func (s *SMTP) readSender(from string) error {
	parsed, err := netmail.ParseAddress(from)
	if err != nil || !isLine(parsed.Name) {
		return errors.New("want one address, such as Shop <shop@shop.example>")
	}
	address, err := recipient(parsed.Address)
	if err != nil {
		return err
	}
	s.from = &netmail.Address{Name: parsed.Name, Address: address}
	s.domain = address[strings.LastIndexByte(address, '@')+1:]
	return nil
}

// Send hands the letter to the server, and returns nil once the server has
// taken it on. The conversation ends with the context or after Timeout. An
// error leaves open whether the letter arrived, for a connection can break
// after the final dot: another attempt carries the same Message-ID, by which
// mailboxes recognise it.
//
// Refusals of the letter itself are permanent: a 5yz reply to its recipient or
// its text. A 5yz reply to our greeting, credentials or sender address is not,
// since it is the operator who has to mend something, and the letter shall
// still go then. Errors hold no address.
func (s *SMTP) Send(ctx context.Context, letter Letter) error {
	message, err := s.message(letter)
	if err != nil {
		return &permanentError{fmt.Errorf("letter %s: %w", letter.Kind, err)}
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	if err := s.converse(ctx, message); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause // the broken connection is our own doing
		}
		return fmt.Errorf("letter %s %s: %w", letter.Kind, letter.ID, err)
	}
	return nil
}

func (s *SMTP) message(letter Letter) (*gomail.Msg, error) {
	if err := letter.check(); err != nil {
		return nil, err
	}
	to, err := recipient(letter.To)
	if err != nil {
		return nil, err
	}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	message.SetAddrHeaderFromMailAddress(gomail.HeaderFrom, s.from)
	message.SetAddrHeaderFromMailAddress(gomail.HeaderTo, &netmail.Address{Address: to})
	message.SetMessageIDWithValue(letter.ID + "@" + s.domain)
	message.SetDateWithValue(s.Now().UTC())
	message.Subject(letter.Subject)
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies, please
	if letter.Language != "" {
		message.SetGenHeader(gomail.HeaderContentLang, letter.Language)
	}
	message.SetBodyString(gomail.TypeTextPlain, letter.Text)
	message.AddAlternativeString(gomail.TypeTextHTML, letter.HTML)
	return message, nil
}

// converse has the whole conversation. Servers end connections that wait, and
// we learn of it when we speak again: then another one is tried, and in the end
// a new one. But a letter whose final dot was sent may have been taken on, and
// is not sent again here: that is for the caller to decide.
func (s *SMTP) converse(ctx context.Context, message *gomail.Msg) error {
	for {
		c, err := s.connection(ctx)
		if err != nil {
			return fmt.Errorf("mail server: %w", err)
		}
		waited := c.letters > 0
		err = c.send(ctx, message, s.Timeout)
		if err == nil {
			s.keep(c)
			return nil
		}
		_ = c.Close()
		if !waited || !isHangup(err) || ctx.Err() != nil {
			return refusal(err)
		}
	}
}

// connect opens a new connection. The library bounds each step by itself and
// leaves the connection open when the greeting fails, so it is ours: it closes
// with the context and on every error.
func (s *SMTP) connect(ctx context.Context) (*connection, error) {
	dialed, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = dialed.Close() })()
	made := &connection{Conn: dialed}
	made.client, err = gomail.NewClient(s.host, s.options(func(context.Context, string, string) (net.Conn, error) { return dialed, nil })...)
	if err == nil {
		made.session, err = made.client.DialToSMTPClientWithContext(ctx)
	}
	if err != nil {
		_ = dialed.Close()
		return nil, err
	}
	return made, nil
}

func (s *SMTP) dial(ctx context.Context) (net.Conn, error) {
	address := net.JoinHostPort(s.host, strconv.Itoa(s.port))
	if s.implicit {
		return (&tls.Dialer{Config: s.tls()}).DialContext(ctx, "tcp", address)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", address)
}

func (s *SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.host, RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12}
}

func (s *SMTP) options(dial gomail.DialContextFunc) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.port),
		gomail.WithTimeout(2 * s.Timeout), // of one step; the context, which bounds all of them, ends first
		gomail.WithHELO(s.domain),
		gomail.WithTLSPolicy(s.starttls),
		gomail.WithTLSConfig(s.tls()),
		gomail.WithDialContextFunc(dial),
		gomail.WithoutNoop(),
		gomail.WithoutRset(), // a failure after the final dot would read as a letter not sent
	}
	if s.implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.user != "" {
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password), gomail.WithOpportunisticSMTPAuth(s.mechanisms()...))
	}
	return options
}

// mechanisms are the ways to log in, best first. Only starttls=off sends a
// password in clear.
func (s *SMTP) mechanisms() []gomail.SMTPAuthType {
	if s.starttls == gomail.NoTLS && !s.implicit {
		return []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	return []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
}

// refusal turns the library's error, which quotes the recipient, into one with
// the server's codes alone.
func refusal(err error) error {
	failed, found := errors.AsType[*gomail.SendError](err)
	if !found {
		return errors.New("mail server: the conversation failed")
	}
	if failed.ErrorCode() == 0 {
		return fmt.Errorf("mail server: %s: no reply", failed.Reason)
	}
	said := fmt.Errorf("mail server: %s: %d %s", failed.Reason, failed.ErrorCode(), failed.EnhancedStatusCode())
	about := failed.Reason == gomail.ErrSMTPRcptTo || failed.Reason == gomail.ErrSMTPData || failed.Reason == gomail.ErrSMTPDataClose
	if about && failed.ErrorCode() >= 500 {
		return &permanentError{said}
	}
	return said
}
