package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// sendTo hands the sink one letter, as the service would.
func sendTo(address string, roots *x509.CertPool) error {
	client, err := smtp.Dial(address)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.StartTLS(&tls.Config{ServerName: "127.0.0.1", RootCAs: roots, MinVersion: tls.VersionTLS12}); err != nil {
		return err
	}
	if err := client.Mail("shop@shop.example"); err != nil {
		return err
	}
	if err := client.Rcpt("ada@example.com"); err != nil {
		return err
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	_, _ = io.WriteString(body, strings.ReplaceAll(`Message-ID: <one@shop.example>
Subject: Set a new password for Clientele
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: quoted-printable

https://shop.example/?token=3Dkey
--b--
`, "\n", "\r\n"))
	return body.Close()
}

func TestMailServerFailsInEveryWayAndRecovers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mail.pem")
	s, err := newSink(file)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	certificate, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(certificate) {
		t.Fatal("the certificate is none")
	}
	want := letter{ID: "one", To: "ada@example.com", Kind: restoreLetter, Text: "https://shop.example/?token=key"}
	for _, test := range []struct {
		how   ailment
		error string
	}{
		{refuses, "connection refused"}, {garbage, "HTTP/1.1"}, {closing, "421"}, {later, "451"}, {never, "550"}, {stalls, "EOF"}, {drops, "EOF"}, {unsecured, "502"},
	} {
		before := len(s.received())
		if err := s.suffer(test.how); err != nil {
			t.Fatal(err)
		}
		sent := make(chan error, 1)
		go func() { sent <- sendTo(s.address, roots) }()
		if test.how == stalls {
			select {
			case err := <-sent:
				t.Errorf("a server that stalls has answered: %v", err)
				continue
			case <-time.After(50 * time.Millisecond): // long enough for whoever does not stall
			}
			if err := s.suffer(healthy); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-sent; err == nil || !strings.Contains(err.Error(), test.error) {
			t.Errorf("%s: the error is %v, without %q", test.how, err, test.error)
		}
		kept := 0
		if test.how == drops {
			kept = 1
		}
		if got := len(s.received()) - before; got != kept {
			t.Errorf("%s: %d letters were kept, not %d", test.how, got, kept)
		}
		if err := s.suffer(healthy); err != nil {
			t.Fatal(err)
		}
		if err := sendTo(s.address, roots); err != nil {
			t.Errorf("after %s: %v", test.how, err)
		}
	}
	if got := s.received(); len(got) != 9 || slices.ContainsFunc(got, func(l letter) bool { return l != want }) || s.exposed != 0 {
		t.Errorf("%d letters in clear, and in all %+v", s.exposed, got)
	}
}

func TestReceiverBehavesAsItIsTold(t *testing.T) {
	r, url, err := newReceiver("endpoint 1", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	const body = `{"id":"e1","subject":"DE--1","sequence":"00000000000000000003","time":"2026-01-01T00:00:00Z"}`
	post := func() (status, length int, err error) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if r.now() == hangs {
			ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		}
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			return 0, 0, err
		}
		request.Header.Set("webhook-id", "e1")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, 0, err
		}
		defer response.Body.Close()
		read, err := io.ReadAll(response.Body)
		return response.StatusCode, len(read), err
	}
	for _, test := range []struct {
		how            manner
		status, length int
		fails          bool
		kept           int
	}{{welcomes, 200, 0, false, 1}, {hangs, 0, 0, true, 0}, {refusing, 500, 0, false, 0}, {breaks, 200, 8, true, 1}, {floods, 200, flood, false, 1}} {
		before := len(r.received())
		r.behave(test.how)
		if status, length, err := post(); status != test.status || length != test.length || (err != nil) != test.fails {
			t.Errorf("%s: %d, %d bytes, %v", test.how, status, length, err)
		}
		if kept := len(r.received()) - before; kept != test.kept {
			t.Errorf("%s: %d were kept, not %d", test.how, kept, test.kept)
		}
	}
	if want := (delivery{ID: "e1", BodyID: "e1", Customer: "DE--1", Sequence: 3}); r.received()[0] != want || !r.has([]event{{ID: "e1"}}) || r.has([]event{{ID: "e1"}, {ID: "e2"}}) {
		t.Errorf("received: %+v", r.received())
	}
}

func TestCommandLineIsChecked(t *testing.T) {
	none := func(string) string { return "" }
	for _, args := range [][]string{
		{"-faults", "earthquake"}, {"-databases", "oracle"}, {"-databases", "postgres"}, {"-control", "nothing"}, {"-rounds", "0"}, {"more"},
	} {
		var out, errout bytes.Buffer
		if code := run(t.Context(), args, none, &out, &errout); code != undecided || errout.Len() == 0 {
			t.Errorf("%q: exit code %d, %s", args, code, errout.String())
		}
	}
	s, err := parse([]string{"-faults", "kill, mail-451", "-postgres", "postgres://x"}, none, io.Discard)
	if err != nil || len(s.faults) != 2 || !slices.Equal(s.databases, []string{onSQLite, onPostgres}) || s.seed == 0 || !filepath.IsAbs(s.binary) {
		t.Errorf("settings: %+v, %v", s, err)
	}
}

func TestServiceThatDoesNotStartLeavesItUndecided(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out, errout bytes.Buffer
	code := run(t.Context(), []string{"-binary", filepath.Join(t.TempDir(), "nothing"), "-faults", "kill", "-databases", "sqlite"}, func(string) string { return "" }, &out, &errout)
	if code != undecided || out.Len() > 0 {
		t.Errorf("exit code %d, out %q, err %q", code, out.String(), errout.String())
	}
}

func TestPercentiles(t *testing.T) {
	var values []time.Duration
	for i := range 200 {
		values = append(values, time.Duration(200-i))
	}
	for of, want := range map[int]time.Duration{50: 100, 99: 198, 100: 200} {
		if got := percentile(values, of); got != want {
			t.Errorf("percentile %d is %d, not %d", of, got, want)
		}
	}
	if got := percentile(nil, 99); got != 0 {
		t.Errorf("of nothing: %d", got)
	}
}
