package app

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Nobody holds a connection for long by being slow, and the header of a request has
// an end.
func TestConnectionsHaveLimits(t *testing.T) {
	var log bytes.Buffer
	server := newServer(http.NotFoundHandler(), slog.New(slog.NewJSONHandler(&log, nil)))
	for name, limit := range map[string]struct{ is, most time.Duration }{
		"header": {server.ReadHeaderTimeout, 5 * time.Second}, "request": {server.ReadTimeout, 15 * time.Second},
		"answer": {server.WriteTimeout, 30 * time.Second}, "silence": {server.IdleTimeout, time.Minute},
	} {
		if limit.is <= 0 || limit.is > limit.most {
			t.Errorf("%s: %v", name, limit.is)
		}
	}
	server.ReadHeaderTimeout = 100 * time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener) //nolint:errcheck // it ends with the test
	defer server.Close()
	for sent, status := range map[string]string{
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":                                                      "HTTP/1.1 404",
		"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", headerLimit+8<<10) + "\r\nConnection: close\r\n\r\n": "HTTP/1.1 431",
		"GET / HTTP/1.1\r\nHost: a\r\nX-Never-Ends: ":                                                                 "",
	} {
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = io.WriteString(connection, sent)
		answer, err := io.ReadAll(connection)
		if !strings.HasPrefix(string(answer), status) || status == "" && (err != nil || len(answer) > 0) {
			t.Errorf("%.40q: %q, %v", sent, answer, err)
		}
	}
	server.ErrorLog.Print("two\nlines")
	if strings.Count(log.String(), "\n") != 1 || !strings.HasPrefix(log.String(), "{") {
		t.Errorf("the server logs %s", log.String())
	}
}
