package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	// mediaType is what JSON:API documents travel as.
	mediaType = "application/vnd.api+json"

	atomicExtension = "https://jsonapi.org/ext/atomic"
	cursorProfile   = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination"

	longestAnswer = 8 << 20
	mostRequests  = 4000
	longestShape  = 160
	patience      = 20 * time.Second // with one request
)

// client sends requests to the service and shows every answer to witness. It
// follows no redirect: what answers with one is not what was asked for.
type client struct {
	base    string // what is dialled, without a trailing slash
	links   string // what the links of the service begin with; the two differ behind a proxy
	http    *http.Client
	witness func(*exchange)

	mutex sync.Mutex
	sent  int
}

func newClient(base string, witness func(*exchange)) *client {
	base = strings.TrimRight(base, "/")
	return &client{base: base, links: base, witness: witness, http: &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 8},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// exchange is a request and its answer.
type exchange struct {
	method    string
	target    string // path and query below the base, as they were sent
	asked     http.Header
	sentBody  []byte
	plain     bool // the answer is none of JSON:API's documents
	status    int
	header    http.Header
	body      []byte
	document  any // of the answer; nil when it is no JSON
	malformed error
}

// option changes a request before it is sent.
type option func(*exchange)

// with sets a header; an empty value takes it away.
func with(name, value string) option {
	return func(e *exchange) {
		if value == "" {
			e.asked.Del(name)
			return
		}
		e.asked.Set(name, value)
	}
}

// as shows a token or an API key; "" shows none.
func as(token string) option {
	if token == "" {
		return with("Authorization", "")
	}
	return with("Authorization", "Bearer "+token)
}

// notDocument is for what answers something else: a page, a form's answer.
func notDocument(e *exchange) {
	e.plain = true
	e.asked.Set("Accept", "*/*")
}

// send asks once. The body is sent as it is when it is a string or bytes, in
// JSON otherwise, and not at all when it is nil.
func (c *client) send(ctx context.Context, method, target string, body any, options ...option) (*exchange, error) {
	e := &exchange{method: method, target: target, asked: http.Header{"Accept": {mediaType}}}
	if body != nil {
		e.asked.Set("Content-Type", mediaType)
	}
	switch body := body.(type) {
	case nil:
	case string:
		e.sentBody = []byte(body)
	case []byte:
		e.sentBody = body
	default:
		var err error
		if e.sentBody, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	for _, option := range options {
		option(e)
	}
	if err := c.count(); err != nil {
		return nil, err
	}
	if err := c.exchange(ctx, e); err != nil {
		return nil, fmt.Errorf("%s: %w", e.shape(), err)
	}
	c.witness(e)
	return e, nil
}

func (c *client) count() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.sent++; c.sent > mostRequests {
		return fmt.Errorf("more than %d requests: something goes round in circles", mostRequests)
	}
	return nil
}

func (c *client) exchange(ctx context.Context, e *exchange) error {
	var body io.Reader
	if e.sentBody != nil {
		body = bytes.NewReader(e.sentBody)
	}
	request, err := http.NewRequestWithContext(ctx, e.method, c.base+e.target, body)
	if err != nil {
		return err
	}
	request.Header = e.asked.Clone()
	request.Header.Set("User-Agent", "conformance")
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	e.status, e.header = response.StatusCode, response.Header
	if e.body, err = io.ReadAll(io.LimitReader(response.Body, longestAnswer)); err != nil {
		return err
	}
	e.document, e.malformed = decode(e.body)
	return nil
}

// decode reads one JSON value. Numbers keep their spelling.
func decode(body []byte) (any, error) {
	reader := json.NewDecoder(bytes.NewReader(body))
	reader.UseNumber()
	var value any
	if err := reader.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := reader.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the document")
	}
	return value, nil
}

var identified = regexp.MustCompile(`/(customers|addresses|outbox-messages|refresh-tokens|errors)/[^/?]+`)

// shape names a request in reports: it is the same for every resource of a kind.
func (e *exchange) shape() string {
	path, _, queried := strings.Cut(e.target, "?")
	shape := e.method + " " + identified.ReplaceAllString(path, "/$1/{id}")
	if queried {
		shape += "?" + strings.Join(e.parameters(), "&")
	}
	if len(shape) > longestShape {
		shape = shape[:longestShape] + "…"
	}
	return strings.ToValidUTF8(shape, "\uFFFD")
}

// parameters lists the names in the request's query, decoded where they can be.
func (e *exchange) parameters() (names []string) {
	_, query, _ := strings.Cut(e.target, "?")
	for parameter := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(parameter, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		names = append(names, name)
	}
	return names
}

// path returns the segments of the request's path.
func (e *exchange) path() []string {
	path, _, _ := strings.Cut(e.target, "?")
	return strings.Split(strings.Trim(path, "/"), "/")
}

// at returns a member of the answer: data.attributes.city, data.0.id.
func (e *exchange) at(path string) any { return at(e.document, path) }

// text returns a string of the answer, "" when there is none.
func (e *exchange) text(path string) string {
	text, _ := e.at(path).(string)
	return text
}

// list returns an array of the answer, nil when there is none.
func (e *exchange) list(path string) []any {
	list, _ := e.at(path).([]any)
	return list
}

// target makes what send takes of a link that the service has handed out;
// false when it leads elsewhere.
func (c *client) target(link string) (string, bool) {
	for _, base := range []string{c.links, c.base} {
		if rest, ours := strings.CutPrefix(link, base); ours && (rest == "" || rest[0] == '/' || rest[0] == '?') {
			return rest, true
		}
	}
	return link, strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "//")
}

// learn finds out what links begin with, from the self link of a resource and
// the path that it is known to have.
func (c *client) learn(self, path string) error {
	base, found := strings.CutSuffix(self, path)
	if !found {
		return fmt.Errorf("the link %q does not end in %q", self, path)
	}
	if base != "" {
		c.links = base
	}
	return nil
}
