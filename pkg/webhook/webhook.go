// Package webhook tells other services of events over HTTP, signed after the
// Standard Webhooks specification (https://www.standardwebhooks.com), version
// 1.0.0. It knows nothing of what an event is or where endpoints are kept.
//
// Where to send is said by people outside, so nothing here trusts a URL: the
// guard looks at the address that is really dialled (guard.go).
package webhook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	defaultTimeout = 5 * time.Second
	largestReply   = 64 << 10 // bytes; the headers may be as many again
	idlePerHost    = 2
	idleAtAll      = 100
	idleFor        = 90 * time.Second
	userAgent      = "Clientele-Webhooks/1"
)

// Delivery is one attempt to tell one endpoint of one event.
type Delivery struct {
	URL         string
	ID          string    // of the message, the same in every attempt; letters, digits, - and _
	Time        time.Time // of this attempt: receivers refuse what is older than a few minutes
	ContentType string
	Body        []byte   // sent as it is
	Secrets     [][]byte // as ParseSecret gives them: the current one, and the former while it is replaced
}

// Outcome is how a delivery ended, in a word for logs and metrics. There is no
// other text: an error of the network would quote names and addresses.
type Outcome string

// Whatever is not Delivered is a failure that another attempt may mend, save
// Gone.
const (
	Delivered   Outcome = "delivered"   // status 2xx
	Gone        Outcome = "gone"        // status 410: the endpoint wants no more
	Redirected  Outcome = "redirected"  // status 3xx, which is not followed
	Refused     Outcome = "refused"     // any other status
	Forbidden   Outcome = "forbidden"   // the URL, or the address its name stands for, is none that we call
	Unresolved  Outcome = "unresolved"  // the name has no address
	Unreachable Outcome = "unreachable" // no connection, or no HTTP came back over it
	Untrusted   Outcome = "untrusted"   // the certificate is not valid for the name
	TimedOut    Outcome = "timed_out"   // no status came in time
)

// Result is what became of a delivery.
type Result struct {
	Outcome Outcome
	Status  int // of the reply; 0 when none came
	// RetryAfter is how long the endpoint wants to be left alone, by the header of
	// that name in a failure; 0 when it did not say.
	RetryAfter time.Duration
}

func (r Result) String() string {
	if r.Status == 0 {
		return string(r.Outcome)
	}
	return fmt.Sprintf("%s (status %d)", r.Outcome, r.Status)
}

// Client sends deliveries. It may be used by several goroutines at once; its
// fields are set before the first delivery.
type Client struct {
	// Timeout bounds all of one delivery, from looking up the name to the end
	// of the reply; 0 is five seconds.
	Timeout time.Duration
	// Insecure is for development: it allows http, and addresses of loopback
	// and of private networks.
	Insecure bool
	// RootCAs are trusted to sign certificates; nil takes those of the system.
	RootCAs *x509.CertPool
	// Resolver looks up names; nil takes that of the system.
	Resolver *net.Resolver

	once sync.Once
	http *http.Transport
}

// Send makes one attempt. It returns an error only when nothing can be said
// about the endpoint: the delivery is malformed, or ctx was done first, whose
// error is returned.
//
// A connection that was kept may turn out to be closed; the request is then
// written again, to a new one. Receivers tell copies by their webhook-id, and
// may see one in any case: a status can get lost on its way.
func (c *Client) Send(ctx context.Context, delivery Delivery) (Result, error) {
	if CheckURL(delivery.URL, c.Insecure) != nil {
		return Result{Outcome: Forbidden}, nil
	}
	within, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	request, err := delivery.request(within)
	if err != nil {
		return Result{}, err
	}
	// Not an http.Client, which would follow redirects.
	response, err := c.transport().RoundTrip(request)
	if err != nil {
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		return Result{Outcome: failure(err)}, nil
	}
	defer func() { _ = response.Body.Close() }()
	result := Result{Outcome: judge(response.StatusCode), Status: response.StatusCode}
	if result.Outcome == Delivered {
		// Read to its end, or the connection could not be kept. What is in it
		// changes nothing; and other replies are not read at all, for the body
		// of a 101 ends with no deadline.
		_, _ = io.CopyN(io.Discard, response.Body, largestReply)
		return result, nil
	}
	result.RetryAfter = retryAfter(response.Header.Get("Retry-After"), time.Now())
	return result, nil
}

// Close ends the connections that are kept for the next delivery.
func (c *Client) Close() { c.transport().CloseIdleConnections() }

func (c *Client) timeout() time.Duration { return cmp.Or(c.Timeout, defaultTimeout) }

// transport is made for the first delivery. It speaks HTTP/1.1 alone, uses no
// proxy of the environment, and unpacks nothing. It goes on connecting when a
// request is given up, for the next one, so that has timeouts of its own.
func (c *Client) transport() *http.Transport {
	c.once.Do(func() {
		dialer := &net.Dialer{Timeout: c.timeout(), Resolver: c.Resolver, ControlContext: c.guard}
		c.http = &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs},
			TLSHandshakeTimeout:    c.timeout(),
			DisableCompression:     true,
			MaxResponseHeaderBytes: largestReply,
			MaxIdleConnsPerHost:    idlePerHost,
			MaxIdleConns:           idleAtAll,
			IdleConnTimeout:        idleFor,
		}
	})
	return c.http
}

func (d Delivery) request(ctx context.Context) (*http.Request, error) {
	signatures, err := d.signatures()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, bytes.NewReader(d.Body))
	if err != nil {
		return nil, errors.New("webhook: the URL makes no request") // the cause would quote it
	}
	request.Header.Set("Content-Type", d.ContentType)
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Webhook-Id", d.ID)
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(d.Time.Unix(), 10))
	request.Header.Set("Webhook-Signature", signatures)
	// Never sent when it is empty, it tells net/http that the request may be
	// written again.
	request.Header["Idempotency-Key"] = []string{}
	return request, nil
}

func judge(status int) Outcome {
	switch {
	case status >= 200 && status < 300:
		return Delivered
	case status >= 300 && status < 400:
		return Redirected
	case status == http.StatusGone:
		return Gone
	}
	return Refused
}

// longestRetryAfter bounds what an endpoint may ask for.
const longestRetryAfter = time.Hour

// retryAfter reads seconds, or a date (RFC 9110, section 10.2.3).
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, longestRetryAfter)
	}
	until, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return max(0, min(until.Sub(now), longestRetryAfter))
}

// failure sorts what came in the place of a reply.
func failure(err error) Outcome {
	if errors.Is(err, errForbidden) {
		return Forbidden
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return TimedOut
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return Unresolved
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return Untrusted
	}
	return Unreachable
}
