package webhook_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/clientelehq/clientele/pkg/webhook"
)

// A proxy that the environment names is not there to be used; net/http reads
// it once, so it is set before the first test. After the last one, nothing may
// be left running.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		if err := os.Setenv(name, "http://127.0.0.1:1"); err != nil {
			panic(err)
		}
	}
	before := runtime.NumGoroutine()
	code := m.Run()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			fmt.Printf("FAIL: left running:\n%s\n", stacks[:runtime.Stack(stacks, true)])
			os.Exit(1)
		}
	}
	os.Exit(code)
}

// short is the timeout where running out of time is the point.
const short = 50 * time.Millisecond

const publishedSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func delivery(t *testing.T, url string) webhook.Delivery {
	return webhook.Delivery{
		URL:         url,
		ID:          "msg_1",
		Time:        time.Now(),
		ContentType: "application/cloudevents+json",
		Body:        []byte(`{"id":"msg_1"}`),
		Secrets:     [][]byte{key(t, publishedSecret)},
	}
}

func key(t *testing.T, secret string) []byte {
	t.Helper()
	key, err := webhook.ParseSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// insecure may call the servers of these tests.
func insecure(t *testing.T) *webhook.Client {
	client := &webhook.Client{Insecure: true}
	t.Cleanup(client.Close)
	return client
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func send(t *testing.T, client *webhook.Client, delivery webhook.Delivery) webhook.Result {
	t.Helper()
	result, err := client.Send(t.Context(), delivery)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func wantOutcome(t *testing.T, result webhook.Result, outcome webhook.Outcome, status int) {
	t.Helper()
	if diff := cmp.Diff(webhook.Result{Outcome: outcome, Status: status}, result); diff != "" {
		t.Error(diff)
	}
}

// listener is a server that speaks no HTTP of itself. It counts who connects.
type listener struct {
	net.Listener
	accepted atomic.Int32
}

// listen lets talk have every connection, which is closed when that returns.
func listen(t *testing.T, address string, talk func(net.Conn)) *listener {
	t.Helper()
	socket, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	made := &listener{Listener: socket}
	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		for {
			conn, err := socket.Accept()
			if err != nil {
				return
			}
			made.accepted.Add(1)
			go func() {
				defer conn.Close()
				talk(conn)
			}()
		}
	}()
	return made
}

func (l *listener) port() string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// wantUntouched fails when anybody has connected. Connections are accepted in
// their order, so once our own has been seen, all before it have.
func (l *listener) wantUntouched(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = conn.Read(make([]byte, 1)) // ends when ours is closed
	if count := l.accepted.Load() - 1; count != 0 {
		t.Errorf("%d connections, want none", count)
	}
}

func closeAtOnce(net.Conn) {}

// say reads one request and writes a text in the place of a reply.
func say(text string) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := readRequest(bufio.NewReader(conn)); err == nil {
			_, _ = io.WriteString(conn, text)
		}
	}
}

func readRequest(from *bufio.Reader) (*http.Request, error) {
	request, err := http.ReadRequest(from)
	if err == nil {
		_, err = io.Copy(io.Discard, request.Body)
	}
	return request, err
}

// sayAndStay does not hang up; the client has to.
func sayAndStay(text string) func(net.Conn) {
	return func(conn net.Conn) {
		say(text)(conn)
		_, _ = io.Copy(io.Discard, conn)
	}
}

func TestReceiverGetsTheBodyAsItIsWithWhatVerifiesIt(t *testing.T) {
	var got *http.Request
	var body []byte
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	})
	sent := delivery(t, url+"/hooks/%2Fa?key=v%20w&b")
	sent.Body = []byte("{ \"b\":1,\n\t\"a\":\"<\u00e9\xff\" }\n")
	wantOutcome(t, send(t, insecure(t), sent), webhook.Delivered, 200)

	if string(body) != string(sent.Body) {
		t.Errorf("body %q, want %q", body, sent.Body)
	}
	if line := got.Method + " " + got.RequestURI; line != "POST /hooks/%2Fa?key=v%20w&b" {
		t.Error(line)
	}
	receiver, err := standardwebhooks.NewWebhook(publishedSecret)
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.Verify(body, got.Header); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"Webhook-Timestamp", "Webhook-Signature", "Content-Length"} {
		got.Header.Del(name)
	}
	if diff := cmp.Diff(http.Header{
		"Content-Type": {"application/cloudevents+json"},
		"User-Agent":   {"Clientele-Webhooks/1"},
		"Webhook-Id":   {"msg_1"},
	}, got.Header); diff != "" {
		t.Error(diff)
	}
}

func TestStatusSaysHowADeliveryEnded(t *testing.T) {
	outcomes := map[int]webhook.Outcome{
		200: webhook.Delivered,
		202: webhook.Delivered,
		204: webhook.Delivered,
		302: webhook.Redirected,
		304: webhook.Redirected,
		308: webhook.Redirected,
		404: webhook.Refused,
		410: webhook.Gone,
		429: webhook.Refused,
		500: webhook.Refused,
		503: webhook.Refused,
	}
	client := insecure(t)
	for status, outcome := range outcomes {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		wantOutcome(t, send(t, client, delivery(t, url)), outcome, status)
	}
}

func TestReceiverSaysWhenToComeBack(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "0": 0, "-1": 0, "soon": 0, "7200": time.Hour, "99999999999999999999": 0,
		time.Now().Add(24 * time.Hour).UTC().Format(http.TimeFormat): time.Hour,
		time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat):     0,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", header)
			if r.URL.Path == "/failing" {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}))
		client := &webhook.Client{Insecure: true}
		if got := send(t, client, webhook.Delivery{URL: server.URL + "/failing", ID: "1", Time: time.Now(), Secrets: [][]byte{make([]byte, 32)}}); got.RetryAfter != want {
			t.Errorf("%q: %v, not %v", header, got.RetryAfter, want)
		}
		if got := send(t, client, webhook.Delivery{URL: server.URL, ID: "1", Time: time.Now(), Secrets: [][]byte{make([]byte, 32)}}); got.RetryAfter != 0 {
			t.Errorf("%q counts in a success: %v", header, got.RetryAfter)
		}
		client.Close()
		server.Close()
	}
}

func TestResultReadsWell(t *testing.T) {
	refused := webhook.Result{Outcome: webhook.Refused, Status: 500}.String()
	silent := webhook.Result{Outcome: webhook.TimedOut}.String()
	if refused != "refused (status 500)" || silent != "timed_out" {
		t.Error(refused, silent)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	other := listen(t, "127.0.0.1:0", closeAtOnce)
	for _, status := range []int{301, 302, 303, 307, 308} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+other.Addr().String()+"/", status)
		})
		wantOutcome(t, send(t, insecure(t), delivery(t, url)), webhook.Redirected, status)
	}
	other.wantUntouched(t)
}

func TestSilentServerIsGivenUp(t *testing.T) {
	silent := func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }
	client := insecure(t)
	client.Timeout = short
	for _, scheme := range []string{"http://", "https://"} { // for the latter, while TLS begins
		server := listen(t, "127.0.0.1:0", silent)
		wantOutcome(t, send(t, client, delivery(t, scheme+server.Addr().String())), webhook.TimedOut, 0)
	}
}

func TestStatusCountsThoughTheReplyNeverEnds(t *testing.T) {
	client := insecure(t)
	client.Timeout = 10 * short // in which the status has to come
	for text, want := range map[string]webhook.Result{
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n":                                     {Outcome: webhook.Delivered, Status: 200},
		"HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\n":                                     {Outcome: webhook.Refused, Status: 500},
		"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: talk\r\n\r\n": {Outcome: webhook.Refused, Status: 101},
	} {
		server := listen(t, "127.0.0.1:0", sayAndStay(text))
		wantOutcome(t, send(t, client, delivery(t, "http://"+server.Addr().String())), want.Outcome, want.Status)
	}
}

// net/http goes on connecting when a request is given up, and leaves to its
// caller what a 101 has opened.
func TestNoConnectionOutlastsItsFailure(t *testing.T) {
	client := insecure(t)
	client.Timeout = short
	for name, test := range map[string]struct{ scheme, text string }{
		"TLS never begins":       {"https://", ""},
		"no reply":               {"http://", ""},
		"a reply without an end": {"http://", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"},
		"another protocol":       {"http://", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: talk\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			ended := make(chan struct{})
			server := listen(t, "127.0.0.1:0", func(conn net.Conn) {
				sayAndStay(test.text)(conn)
				close(ended)
			})
			send(t, client, delivery(t, test.scheme+server.Addr().String()))
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				t.Error("is still open")
			}
		})
	}
}

func TestSilentResolverIsGivenUp(t *testing.T) {
	client := insecure(t)
	client.Timeout = short
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	client.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		<-release
		return nil, io.EOF
	}}
	wantOutcome(t, send(t, client, delivery(t, "https://shop.example")), webhook.TimedOut, 0)
}

func TestWhatIsNoReplyIsUnreachable(t *testing.T) {
	for name, talk := range map[string]func(net.Conn){
		"closed at once":        closeAtOnce,
		"closed in the headers": say("HTTP/1.1 200 OK\r\nServ"),
		"another protocol":      say("220 mail.example ESMTP\r\n"),
		"1 MB of headers":       say("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 1<<20) + "\r\nContent-Length: 0\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			server := listen(t, "127.0.0.1:0", talk)
			wantOutcome(t, send(t, insecure(t), delivery(t, "http://"+server.Addr().String())), webhook.Unreachable, 0)
			if count := server.accepted.Load(); count != 1 {
				t.Errorf("%d attempts, want one", count)
			}
		})
	}
	closed := listen(t, "127.0.0.1:0", closeAtOnce)
	_ = closed.Close()
	wantOutcome(t, send(t, insecure(t), delivery(t, "http://"+closed.Addr().String())), webhook.Unreachable, 0)
}

func TestLittleOfALongReplyIsRead(t *testing.T) {
	const unbounded = 64 << 20 // the sockets between hold some of it, but never so much
	written := make(chan int, 1)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		part, sum := make([]byte, 1<<16), 0
		for sum < unbounded {
			count, err := w.Write(part)
			if sum += count; err != nil {
				break
			}
		}
		written <- sum
	})
	wantOutcome(t, send(t, insecure(t), delivery(t, url)), webhook.Delivered, 200)
	if sum := <-written; sum >= unbounded {
		t.Errorf("%d bytes of the reply were taken", sum)
	}
}

func TestPackedReplyIsNotAskedFor(t *testing.T) {
	var accepts []string
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { accepts = r.Header.Values("Accept-Encoding") })
	send(t, insecure(t), delivery(t, url))
	if len(accepts) > 0 {
		t.Error(accepts)
	}
}

func TestCallerWhoGivesUpLearnsNothingOfTheEndpoint(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := listen(t, "127.0.0.1:0", func(conn net.Conn) {
		cancel()
		_, _ = io.Copy(io.Discard, conn)
	})
	result, err := insecure(t).Send(ctx, delivery(t, "http://"+server.Addr().String()))
	if !errors.Is(err, context.Canceled) || result != (webhook.Result{}) {
		t.Errorf("%v, %v", result, err)
	}
}

func TestConnectionIsKeptForTheNextDelivery(t *testing.T) {
	var remotes []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		remotes = append(remotes, r.RemoteAddr)
		_, _ = w.Write(make([]byte, 10_000))
	})
	client := insecure(t)
	for range 3 {
		wantOutcome(t, send(t, client, delivery(t, url)), webhook.Delivered, 200)
	}
	if remotes[0] != remotes[1] || remotes[1] != remotes[2] {
		t.Error(remotes)
	}
}

func TestKeptConnectionThatTheServerClosedIsNoFailure(t *testing.T) {
	server := listen(t, "127.0.0.1:0", func(conn net.Conn) {
		requests := bufio.NewReader(conn)
		if _, err := readRequest(requests); err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
			_, _ = readRequest(requests) // and hangs up
		}
	})
	client := insecure(t)
	for range 2 {
		wantOutcome(t, send(t, client, delivery(t, "http://"+server.Addr().String())), webhook.Delivered, 204)
	}
	if count := server.accepted.Load(); count != 2 {
		t.Errorf("%d connections, want a second one in the place of the first", count)
	}
}

// serveTLS starts a server whose certificate is for example.com and 127.0.0.1,
// and returns who vouches for that.
func serveTLS(t *testing.T, config *tls.Config) (url string, roots *x509.CertPool) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = config
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots = x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server.URL, roots
}

func TestCertificateHasToBeValidForTheName(t *testing.T) {
	url, roots := serveTLS(t, nil)
	other := strings.Replace(url, "127.0.0.1", "shop.example", 1)
	for _, test := range []struct {
		url     string
		roots   *x509.CertPool
		outcome webhook.Outcome
		status  int
	}{
		{url, roots, webhook.Delivered, 200},
		{url, nil, webhook.Untrusted, 0},
		{other, roots, webhook.Untrusted, 0},
	} {
		client := insecure(t)
		client.RootCAs = test.roots
		client.Resolver = resolver(t, "127.0.0.1")
		wantOutcome(t, send(t, client, delivery(t, test.url)), test.outcome, test.status)
	}
}

func TestOldTLSIsNotSpoken(t *testing.T) {
	url, roots := serveTLS(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	client := insecure(t)
	client.RootCAs = roots
	wantOutcome(t, send(t, client, delivery(t, url)), webhook.Unreachable, 0)
}

func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	server := listen(t, "127.0.0.1:0", say("HTTP/1.1 204 No Content\r\n\r\n"))
	client := insecure(t)
	client.Resolver = resolver(t, "127.0.0.1")
	wantOutcome(t, send(t, client, delivery(t, "http://shop.example:"+server.port())), webhook.Delivered, 204)
}

func TestMalformedDeliveryIsNotSent(t *testing.T) {
	server := listen(t, "127.0.0.1:0", closeAtOnce)
	good := delivery(t, "http://"+server.Addr().String())
	for name, spoil := range map[string]func(*webhook.Delivery){
		"no id":                  func(d *webhook.Delivery) { d.ID = "" },
		"an id with a full stop": func(d *webhook.Delivery) { d.ID = "msg.1" },
		"an id of two lines":     func(d *webhook.Delivery) { d.ID = "msg\r\nX: 1" },
		"no secret":              func(d *webhook.Delivery) { d.Secrets = nil },
		"an empty secret":        func(d *webhook.Delivery) { d.Secrets = append(d.Secrets, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			spoil(&bad)
			if result, err := insecure(t).Send(t.Context(), bad); err == nil {
				t.Error(result)
			}
		})
	}
	server.wantUntouched(t)
}
