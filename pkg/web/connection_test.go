package web

import (
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
)

// sendHalf sends bytes and no more, and returns all that came back.
func sendHalf(t *testing.T, sent string, handler echo.HandlerFunc) string {
	t.Helper()
	e := New(Options{Logger: slog.New(slog.DiscardHandler), Deadline: 10 * time.Second, Fail: func(c echo.Context, _ error) error { return c.NoContent(500) }})
	e.Any("/thing", handler)
	server := httptest.NewServer(e)
	defer server.Close()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(connection, sent)
	_ = connection.(*net.TCPConn).CloseWrite()
	answer, _ := io.ReadAll(connection)
	return string(answer)
}

// net/http answers 200 for a handler that says nothing.
func TestAClientThatHasGoneIsNotToldThatAllIsWell(t *testing.T) {
	answer := sendHalf(t, "GET /thing HTTP/1.1\r\nHost: a\r\n\r\n", func(c echo.Context) error {
		<-c.Request().Context().Done()
		return c.Request().Context().Err()
	})
	if answer != "" {
		t.Errorf("it is answered %s", answer)
	}
}

func TestNothingIsReadBehindARequestInChunks(t *testing.T) {
	const behind = "GET /thing HTTP/1.1\r\nHost: a\r\n\r\n"
	ok := func(c echo.Context) error { return c.NoContent(204) }
	for head, answers := range map[string]int{
		"Content-Length: 0\r\n":                                  2,
		"Transfer-Encoding: chunked\r\n":                         1,
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n":    1,
		"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n":    1,
		"Transfer-Encoding: identity\r\nContent-Length: 0\r\n":   1,
		"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n":   1,
		"Transfer-Encoding: chunked, chunked\r\nX: identity\r\n": 1,
	} {
		body := ""
		if strings.Contains(head, "chunked") {
			body = "0\r\n\r\n"
		}
		answer := sendHalf(t, "POST /thing HTTP/1.1\r\nHost: a\r\n"+head+"\r\n"+body+behind, ok)
		if got := strings.Count(answer, "HTTP/1.1 "); got != answers {
			t.Errorf("%q: %d answers: %s", head, got, answer)
		}
	}
}
