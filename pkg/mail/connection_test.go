package mail_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/mail"
	"github.com/clientelehq/clientele/pkg/mail/mailtest"
)

func TestLettersGoOverOneConnectionWithinItsBounds(t *testing.T) {
	tests := map[string]struct {
		bound func(*mail.SMTP)
		want  int // connections for five letters
	}{
		"as it comes":           {func(*mail.SMTP) {}, 1},
		"two over a connection": {func(s *mail.SMTP) { s.MaxLetters = 2 }, 3},
		"none is kept":          {func(s *mail.SMTP) { s.MaxIdle = 0 }, 5},
	}
	for name, test := range tests {
		for _, option := range []mailtest.Option{mailtest.Account("shop", "s3cret"), mailtest.StartTLS(), mailtest.ImplicitTLS()} {
			t.Run(name, func(t *testing.T) {
				server := mailtest.NewServer(t, option)
				sender := connect(t, server)
				test.bound(sender)
				for range 5 {
					send(t, sender, compose(t, restore))
				}
				if all, _ := server.Connections(); all != test.want || len(server.Messages()) != 5 {
					t.Errorf("%d letters went over %d connections, want 5 over %d", len(server.Messages()), all, test.want)
				}
			})
		}
	}
}

func TestOnlySoManyConnectionsWait(t *testing.T) {
	server := mailtest.NewServer(t)
	sender := connect(t, server)
	sender.MaxIdle = 2
	sendSideBySide(t, sender, 10)
	eventually(t, "two connections wait at most", func() bool {
		_, open := server.Connections()
		return open > 0 && open <= 2
	})
}

func TestConnectionDoesNotWaitForever(t *testing.T) {
	server := mailtest.NewServer(t)
	sender := connect(t, server)
	sender.IdleFor = time.Millisecond
	send(t, sender, compose(t, restore))
	eventually(t, "the connection has ended", func() bool {
		all, open := server.Connections()
		return all == 1 && open == 0
	})
}

func TestClosedSenderKeepsNoConnection(t *testing.T) {
	server := mailtest.NewServer(t)
	sender := connect(t, server)
	none := func() bool {
		_, open := server.Connections()
		return open == 0
	}
	send(t, sender, compose(t, restore))
	if err := sender.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the connection has ended", none)
	send(t, sender, compose(t, restore))
	eventually(t, "that of a later letter has ended", none)
	if sent := server.Messages(); len(sent) != 2 {
		t.Errorf("%d of 2 letters arrived", len(sent))
	}
}

func TestLetterThatFindsItsConnectionEndedGoesOverANewOne(t *testing.T) {
	for name, option := range map[string]mailtest.Option{"clear": mailtest.Account("shop", "s3cret"), "starttls": mailtest.StartTLS(), "implicit": mailtest.ImplicitTLS()} {
		t.Run(name, func(t *testing.T) {
			server := mailtest.NewServer(t, option)
			sender := connect(t, server)
			sendSideBySide(t, sender, 8)
			ended, _ := server.Connections()
			server.Hangup()
			send(t, sender, compose(t, restore))
			if all, _ := server.Connections(); all != ended+1 || len(server.Messages()) != 9 {
				t.Errorf("got %d letters over %d connections, want 9 over %d", len(server.Messages()), all, ended+1)
			}
		})
	}
}

func TestConnectionThatDoesNotAnswerAnyMoreIsLeft(t *testing.T) {
	server := mailtest.NewServer(t)
	sender := connect(t, server)
	sender.Timeout = 3 * time.Second
	server.Stall(mailtest.AtReset)
	send(t, sender, compose(t, restore))
	send(t, sender, compose(t, restore))
	if all, _ := server.Connections(); all != 2 || len(server.Messages()) != 2 {
		t.Errorf("got %d letters over %d connections, want 2 over 2", len(server.Messages()), all)
	}
	server.Hangup() // it would not say goodbye either
}

// A server may have the letter when the connection breaks after the final dot,
// so it is the caller who decides on another attempt.
func TestLetterThatMayHaveArrivedIsNotSentAgainByItself(t *testing.T) {
	server := mailtest.NewServer(t)
	sender, first, second := connect(t, server), compose(t, restore), compose(t, restore)
	second.ID = "018f-job-8"
	send(t, sender, first)
	server.Drop()
	if err := sender.Send(t.Context(), second); err == nil || mail.Permanent(err) {
		t.Fatalf("got %v, want an error that calls for another attempt", err)
	}
	if sent := server.Messages(); len(sent) != 2 {
		t.Fatalf("the server has %d letters, want each once", len(sent))
	}
	server.Recover()
	send(t, sender, second)
	messages := server.Messages()
	if len(messages) != 3 || messages[1].Header.Get("Message-Id") != "<018f-job-8@shop.example>" || messages[2].Header.Get("Message-Id") != "<018f-job-8@shop.example>" {
		t.Errorf("want the second letter twice under one Message-ID, got %+v", messages[1:])
	}
}

// A server that takes leave (421) of a connection that has waited is asked once
// more over a new one. Any other reply is about the letter.
func TestReplyDecidesWhetherAnotherConnectionIsTried(t *testing.T) {
	tests := []struct {
		stage mailtest.Stage
		code  int
		want  int // connections in all
	}{
		{mailtest.AtMail, 421, 2}, {mailtest.AtRecipient, 421, 2}, {mailtest.AtMail, 451, 1}, {mailtest.AtRecipient, 550, 1}, {mailtest.AtData, 421, 1},
	}
	for _, test := range tests {
		server := mailtest.NewServer(t)
		sender := connect(t, server)
		send(t, sender, compose(t, restore))
		server.Refuse(test.stage, test.code)
		if err := sender.Send(t.Context(), compose(t, restore)); err == nil {
			t.Errorf("%s %d: the letter was sent", test.stage, test.code)
		}
		if all, _ := server.Connections(); all != test.want {
			t.Errorf("%s %d: %d connections, want %d", test.stage, test.code, all, test.want)
		}
		server.Recover()
		send(t, sender, compose(t, restore)) // nothing of the failure is left
	}
}

func TestContextEndsALetterOnAConnectionThatWaited(t *testing.T) {
	server := mailtest.NewServer(t)
	sender := connect(t, server)
	send(t, sender, compose(t, restore))
	server.Stall(mailtest.AtRecipient)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := sender.Send(ctx, compose(t, restore)); err == nil || mail.Permanent(err) || ctx.Err() == nil {
		t.Errorf("got %v, want the deadline", err)
	}
	if all, _ := server.Connections(); all != 1 {
		t.Errorf("%d connections, want no further one after the deadline", all)
	}
}

// Letters over connections that wait, and each over its own, to a server that
// asks for STARTTLS and a login.
func BenchmarkLetters(b *testing.B) {
	for name, maxIdle := range map[string]int{"kept": 8, "own": 0} {
		b.Run(name, func(b *testing.B) {
			server := mailtest.NewServer(b, mailtest.StartTLS(), mailtest.Account("shop", "s3cret"))
			sender, letter := connect(b, server), compose(b, restore)
			sender.MaxIdle = maxIdle
			for b.Loop() {
				send(b, sender, letter)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "letters/s")
		})
	}
}

func sendSideBySide(t *testing.T, sender *mail.SMTP, letters int) {
	t.Helper()
	var group sync.WaitGroup
	for range letters {
		group.Go(func() {
			if err := sender.Send(t.Context(), compose(t, restore)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func send(t testing.TB, sender *mail.SMTP, letter mail.Letter) {
	t.Helper()
	if err := sender.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never came true: %s", what)
		}
	}
}
