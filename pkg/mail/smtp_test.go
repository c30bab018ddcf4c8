package mail_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/mail/mailtest"
)

const key = "k3y_Of-43characters"

var restore = mail.Content{
	ID:        "018f-job-7",
	Kind:      mail.Restore,
	To:        "sonia@wagner.example",
	Shop:      "Lampen & Licht",
	FirstName: "Sonia",
	Link:      "https://shop.example/account/restore?token=" + key,
	ValidFor:  2 * time.Hour,
}

func TestLetterArrivesWithTextAndHTML(t *testing.T) {
	server := mailtest.NewServer(t)
	letter := compose(t, restore)
	sender := connect(t, server)
	sender.Now = func() time.Time { return time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) }
	if err := sender.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	message := only(t, server)
	headers := map[string]string{}
	for name := range message.Header {
		headers[name] = strings.Join(message.Header[name], " AND ")
	}
	delete(headers, "Content-Type") // holds a random boundary
	if diff := cmp.Diff(map[string]string{
		"From":             `"The Shop" <shop@shop.example>`,
		"To":               "<sonia@wagner.example>",
		"Subject":          "Set a new password for Lampen & Licht",
		"Message-Id":       "<018f-job-7@shop.example>",
		"Date":             "Sat, 21 Nov 2026 10:00:00 +0000",
		"Mime-Version":     "1.0",
		"Content-Language": "en",
		"Auto-Submitted":   "auto-generated",
	}, headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	got := mailtest.Message{From: message.From, Recipients: message.Recipients, MediaType: message.MediaType, Text: strings.TrimSpace(message.Text), HTML: strings.TrimSpace(message.HTML)}
	want := mailtest.Message{From: "shop@shop.example", Recipients: []string{"sonia@wagner.example"}, MediaType: "multipart/alternative", Text: letter.Text, HTML: letter.HTML}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func TestAnotherAttemptCarriesTheSameMessageID(t *testing.T) {
	server := mailtest.NewServer(t)
	server.Drop()
	sender, letter := connect(t, server), compose(t, restore)
	err := sender.Send(t.Context(), letter)
	if err == nil || mail.Permanent(err) {
		t.Fatalf("a connection dropped after the final dot: got %v, want an error that calls for another attempt", err)
	}
	server.Recover()
	if err := sender.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	messages := server.Messages()
	if len(messages) != 2 || messages[0].Header.Get("Message-Id") != messages[1].Header.Get("Message-Id") {
		t.Fatalf("want two copies with one Message-ID, got %+v", messages)
	}
}

func TestReplyOfTheServerDecidesWhetherToTryAgain(t *testing.T) {
	tests := []struct {
		stage     mailtest.Stage
		code      int
		permanent bool
	}{
		{mailtest.AtMail, 421, false},
		{mailtest.AtMail, 550, false}, // our sender address is at fault, not the letter
		{mailtest.AtRecipient, 451, false},
		{mailtest.AtRecipient, 550, true},
		{mailtest.AtData, 451, false},
		{mailtest.AtData, 550, true},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.stage, test.code), func(t *testing.T) {
			server := mailtest.NewServer(t)
			server.Refuse(test.stage, test.code)
			err := connect(t, server).Send(t.Context(), compose(t, restore))
			if err == nil || mail.Permanent(err) != test.permanent {
				t.Fatalf("got %v (permanent %v), want permanent %v", err, mail.Permanent(err), test.permanent)
			}
			if !strings.Contains(err.Error(), fmt.Sprint(test.code)) {
				t.Errorf("error %q hides the code of the reply", err)
			}
			if strings.Contains(err.Error(), "wagner") || strings.Contains(err.Error(), key) {
				t.Errorf("error %q shows the recipient or the key", err)
			}
			if sent := server.Messages(); len(sent) != 0 {
				t.Errorf("the server kept %d letters", len(sent))
			}
		})
	}
}

func TestWithoutTheRequiredTLSNothingIsSent(t *testing.T) {
	server := mailtest.NewServer(t)
	for _, parameters := range []string{"", "?starttls=required"} {
		sender, err := mail.NewSMTP(strings.Replace(server.URL(), "?starttls=off", parameters, 1), "shop@shop.example")
		if err != nil {
			t.Fatal(err)
		}
		if err := sender.Send(t.Context(), compose(t, restore)); err == nil || mail.Permanent(err) {
			t.Errorf("%q: got %v, want a temporary error", parameters, err)
		}
	}
	if sent := server.Messages(); len(sent) != 0 {
		t.Errorf("%d letters went out in clear", len(sent))
	}
}

func TestLetterTravelsEncrypted(t *testing.T) {
	for name, option := range map[string]mailtest.Option{"starttls": mailtest.StartTLS(), "implicit": mailtest.ImplicitTLS()} {
		t.Run(name, func(t *testing.T) {
			server := mailtest.NewServer(t, option, mailtest.Account("shop", "s3cret/@:"))
			if err := connect(t, server).Send(t.Context(), compose(t, restore)); err != nil {
				t.Fatal(err)
			}
			if message := only(t, server); !message.Encrypted || message.User != "shop" {
				t.Errorf("encrypted %v, logged in as %q", message.Encrypted, message.User)
			}
		})
	}
}

func TestOpportunisticTLSEncryptsWhenItCan(t *testing.T) {
	for encrypted, options := range map[bool][]mailtest.Option{true: {mailtest.StartTLS()}, false: nil} {
		server := mailtest.NewServer(t, options...)
		address, _, _ := strings.Cut(server.URL(), "?")
		sender, err := mail.NewSMTP(address+"?starttls=opportunistic", "shop@shop.example")
		if err != nil {
			t.Fatal(err)
		}
		sender.RootCAs = server.RootCAs()
		if err := sender.Send(t.Context(), compose(t, restore)); err != nil {
			t.Fatal(err)
		}
		if message := only(t, server); message.Encrypted != encrypted {
			t.Errorf("encrypted: got %v, want %v", message.Encrypted, encrypted)
		}
	}
}

func TestUntrustedCertificateGetsNoLetter(t *testing.T) {
	server := mailtest.NewServer(t, mailtest.StartTLS())
	sender := connect(t, server)
	sender.RootCAs = nil
	if err := sender.Send(t.Context(), compose(t, restore)); err == nil || mail.Permanent(err) {
		t.Errorf("got %v, want a temporary error", err)
	}
	if sent := server.Messages(); len(sent) != 0 {
		t.Errorf("the impostor got %d letters", len(sent))
	}
}

func TestLoginToTheMailServer(t *testing.T) {
	server := mailtest.NewServer(t, mailtest.Account("shop", "right"))
	if err := connect(t, server).Send(t.Context(), compose(t, restore)); err != nil {
		t.Fatal(err)
	}
	if message := only(t, server); message.User != "shop" {
		t.Errorf("logged in as %q", message.User)
	}
	wrong, err := mail.NewSMTP(strings.Replace(server.URL(), "right", "wr0ng", 1), "shop@shop.example")
	if err != nil {
		t.Fatal(err)
	}
	err = wrong.Send(t.Context(), compose(t, restore))
	if err == nil || mail.Permanent(err) {
		t.Errorf("wrong password: got %v, want a temporary error, for the operator will mend it", err)
	}
	if err != nil && strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("error %q shows the password", err)
	}
}

func TestStalledServerIsLeftWithTheContext(t *testing.T) {
	for _, stage := range []mailtest.Stage{mailtest.AtMail, mailtest.AtRecipient, mailtest.AtData} {
		t.Run(string(stage), func(t *testing.T) {
			server := mailtest.NewServer(t)
			server.Stall(stage)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			started := time.Now()
			err := connect(t, server).Send(ctx, compose(t, restore))
			if !errors.Is(err, context.DeadlineExceeded) || mail.Permanent(err) {
				t.Errorf("got %v, want the deadline", err)
			}
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("waited %v", took)
			}
			eventually(t, "nothing of ours runs on", func() bool {
				stacks := make([]byte, 1<<20)
				stacks = stacks[:runtime.Stack(stacks, true)]
				return !bytes.Contains(stacks, []byte("clientele/pkg/mail."))
			})
		})
	}
}

func TestStalledServerIsLeftAfterTheTimeout(t *testing.T) {
	server := mailtest.NewServer(t)
	server.Stall(mailtest.AtData)
	sender := connect(t, server)
	sender.Timeout = 100 * time.Millisecond
	if err := sender.Send(t.Context(), compose(t, restore)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
}

func TestSlowGoodbyeDoesNotUndoALetter(t *testing.T) {
	server := mailtest.NewServer(t)
	server.Stall(mailtest.AtReset)
	sender := connect(t, server)
	sender.MaxIdle = 0
	if err := sender.Send(t.Context(), compose(t, restore)); err != nil {
		t.Fatalf("the server had taken the letter on: %v", err)
	}
	only(t, server)
}

func TestOddServersAreTemporaryFailures(t *testing.T) {
	greetings := map[string]string{
		"silence":      "",
		"no greeting":  "HTTP/1.1 400 Bad Request\r\n\r\n",
		"busy":         "421 4.3.2 come back later\r\n",
		"closed":       "554 5.3.2 no service here\r\n",
		"endless line": strings.Repeat("2", 1<<20),
	}
	for name, greeting := range greetings {
		t.Run(name, func(t *testing.T) {
			sender, err := mail.NewSMTP("smtp://"+speaking(t, greeting)+"?starttls=off", "shop@shop.example")
			if err != nil {
				t.Fatal(err)
			}
			sender.Timeout = 300 * time.Millisecond
			if err := sender.Send(t.Context(), compose(t, restore)); err == nil || mail.Permanent(err) {
				t.Errorf("got %v, want a temporary error", err)
			}
		})
	}
}

func TestNoServerIsATemporaryFailure(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	sender, err := mail.NewSMTP("smtp://"+listener.Addr().String(), "shop@shop.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), compose(t, restore)); err == nil || mail.Permanent(err) {
		t.Errorf("got %v, want a temporary error", err)
	}
}

func TestLettersAreSentSideBySide(t *testing.T) {
	server := mailtest.NewServer(t)
	sender := connect(t, server)
	sendSideBySide(t, sender, 20)
	if sent := server.Messages(); len(sent) != 20 {
		t.Errorf("%d of 20 letters arrived", len(sent))
	}
}

func TestMalformedLetterIsNotSent(t *testing.T) {
	tests := map[string]func(*mail.Letter){
		"no id":            func(l *mail.Letter) { l.ID = "" },
		"id with a break":  func(l *mail.Letter) { l.ID = "a\r\nBcc: v@y.example" },
		"id with brackets": func(l *mail.Letter) { l.ID = "a@b> <c" },
		"subject":          func(l *mail.Letter) { l.Subject = "x\r\nBcc: v@y.example" },
		"two recipients":   func(l *mail.Letter) { l.To = "a@x.example, b@x.example" },
		"no text":          func(l *mail.Letter) { l.Text = "" },
		"no html":          func(l *mail.Letter) { l.HTML = "" },
	}
	server := mailtest.NewServer(t)
	sender := connect(t, server)
	for name, spoil := range tests {
		letter := compose(t, restore)
		spoil(&letter)
		if err := sender.Send(t.Context(), letter); !mail.Permanent(err) {
			t.Errorf("%s: got %v, want a permanent error", name, err)
		}
	}
	if sent := server.Messages(); len(sent) != 0 {
		t.Errorf("%d malformed letters went out", len(sent))
	}
}

func TestAddressOfTheMailServer(t *testing.T) {
	accepted := []string{
		"smtp://mail.example",
		"smtp://mail.example:25?starttls=off",
		"smtp://user:p%40ss@mail.example:587/?starttls=opportunistic",
		"smtps://user@mail.example",
		"smtps://[::1]:465",
	}
	for _, address := range accepted {
		if _, err := mail.NewSMTP(address, "Shop <shop@shop.example>"); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	refused := []string{
		"", "mail.example:25", "http://mail.example", "smtp://", "smtp://:25", "smtp://mail.example:0", "smtp://mail.example:70000",
		"smtp://user:hunter2@mail.example/path", "smtp://user:hunter2@mail.example?starttls=maybe", "smtp://user:hunter2@mail.example?tls=1",
		"smtps://user:hunter2@mail.example?starttls=off", "smtp://user:hunter2%zz@mail.example",
	}
	for _, address := range refused {
		_, err := mail.NewSMTP(address, "Shop <shop@shop.example>")
		if err == nil {
			t.Errorf("%s was accepted", address)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error %q shows the password", err)
		}
	}
	for _, from := range []string{"", "shop", "a@x.example, b@x.example", "shop@shop.example\r\nBcc: v@y.example", `"a b"@x.example`} {
		if _, err := mail.NewSMTP("smtp://mail.example", from); err == nil {
			t.Errorf("sender %q was accepted", from)
		}
	}
}

func compose(t testing.TB, content mail.Content) mail.Letter {
	t.Helper()
	letter, err := builtIn(t).Compose(content)
	if err != nil {
		t.Fatal(err)
	}
	return letter
}

func builtIn(t testing.TB) *mail.Templates {
	t.Helper()
	templates, err := mail.LoadTemplates("")
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

func connect(t testing.TB, server *mailtest.Server) *mail.SMTP {
	t.Helper()
	sender, err := mail.NewSMTP(server.URL(), "The Shop <shop@shop.example>")
	if err != nil {
		t.Fatal(err)
	}
	sender.RootCAs = server.RootCAs()
	t.Cleanup(func() { _ = sender.Close() })
	return sender
}

// only returns the one message that the server has.
func only(t *testing.T, server *mailtest.Server) mailtest.Message {
	t.Helper()
	messages := server.Messages()
	if len(messages) != 1 {
		t.Fatalf("the server has %d messages, want 1", len(messages))
	}
	return messages[0]
}

// speaking returns the address of a listener that says one thing to everybody
// and then nothing more.
func speaking(t *testing.T, greeting string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				_, _ = connection.Write([]byte(greeting))
				_, _ = bufio.NewReader(connection).ReadByte() // until the other side is gone
			}()
		}
	}()
	return listener.Addr().String()
}
