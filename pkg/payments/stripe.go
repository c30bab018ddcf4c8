package payments

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"time"

	"github.com/stripe/stripe-go/v86"
)

const (
	stripeID = "stripe"

	stripeStep    = 5 * time.Second  // of making a connection; the caller's context bounds the whole
	stripeAtAll   = 30 * time.Second // for a caller whose context does not
	stripeIdle    = 10               // connections
	stripeIdleFor = 90 * time.Second
	largestAnswer = 2 << 20  // bytes: a hundred methods are some 200 KB
	largestHeader = 64 << 10 // bytes
)

// A request ID has no underscore but the one, and so is never a key.
var (
	customerID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	requestID  = regexp.MustCompile(`^req_[A-Za-z0-9]{1,60}$`)
)

// Stripe is the provider of that name (https://docs.stripe.com/api). A
// restricted key that may read customers and payment methods is enough for it.
//
// It tries once: a second attempt would wait first, and not end with the
// context.
type Stripe struct {
	// list is the one method of the client that is called. With the client for a
	// field, the linker would keep all of its services: seven megabytes.
	list      func(context.Context, *stripe.CustomerListPaymentMethodsParams) *stripe.V1List[*stripe.PaymentMethod]
	transport *http.Transport
}

// NewStripe asks with an API key of its own, at the given URL; "" is Stripe's.
// It uses the proxy that the environment names.
func NewStripe(key, url string) *Stripe {
	s := &Stripe{transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: stripeStep}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    stripeStep,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: largestHeader,
		MaxIdleConnsPerHost:    stripeIdle,
		IdleConnTimeout:        stripeIdleFor,
	}}
	config := &stripe.BackendConfig{
		EnableTelemetry: stripe.Bool(false),
		HTTPClient: &http.Client{
			Transport: successes{s.transport}, // redirects are none
			Timeout:   stripeAtAll,
		},
		// It would quote what Stripe wrote. The error that Methods returns is logged.
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
		MaxNetworkRetries: stripe.Int64(0),
	}
	if url != "" {
		config.URL = &url
	}
	client := stripe.NewClient(key, stripe.WithBackends(&stripe.Backends{
		API: stripe.GetBackendWithConfig(stripe.APIBackend, config),
	}))
	s.list = client.V1Customers.ListPaymentMethods
	return s
}

// Close ends the connections that are kept for the next question.
func (s *Stripe) Close() { s.transport.CloseIdleConnections() }

// ID returns stripe.
func (s *Stripe) ID() string { return stripeID }

// Methods returns the newest hundred payment methods of the customer, of all
// kinds. It asks only for customers whose Stripe ID (cus_…) is known: to search
// for them by metadata finds late, and what others have put there.
func (s *Stripe) Methods(ctx context.Context, customer Customer) ([]Method, error) {
	id := customer.IDs[stripeID]
	if id == "" {
		return nil, nil
	}
	if !customerID.MatchString(id) { // "..", a step up, would ask for everybody's
		return nil, fmt.Errorf("stripe: %w: the customer's id is none", ErrRefused)
	}
	params := &stripe.CustomerListPaymentMethodsParams{Customer: &id}
	params.Limit = stripe.Int64(mostMethods)
	list := s.list(ctx, params)
	if err := list.Err(); err != nil {
		return nil, failure(err)
	}
	if list.Data() == nil { // JSON, but of somebody else
		return nil, errNotUnderstood
	}
	methods := make([]Method, 0, len(list.Data()))
	for _, saved := range list.Data() {
		method, err := fromStripe(saved)
		if err != nil {
			return nil, err
		}
		methods = append(methods, method)
	}
	return methods, nil
}

// fromStripe reads what Stripe tells of a method's own kind from its JSON: there
// are more than forty kinds, and the same things have the same names in all.
func fromStripe(saved *stripe.PaymentMethod) (Method, error) {
	kind := string(saved.Type)
	var parts map[string]any
	if err := json.Unmarshal(saved.LastResponse.RawJSON, &parts); err != nil {
		return Method{}, errNotUnderstood
	}
	details, _ := parts[kind].(map[string]any)
	delete(details, "generated_from") // another method, and the charge it was used for
	wallet, _ := details["wallet"].(map[string]any)
	billing, _ := parts["billing_details"].(map[string]any)
	method := Method{
		ID:          saved.ID,
		Kind:        kind,
		Brand:       first(details, "brand", "bank_name", "bank"),
		LastFour:    first(details, "last4"),
		ExpiryMonth: whole(details, "exp_month"),
		ExpiryYear:  whole(details, "exp_year"),
		Holder:      cmp.Or(first(billing, "name"), first(details, "cardholder_name")),
		Wallet:      first(wallet, "type"),
		CreatedAt:   time.Unix(saved.Created, 0).UTC(),
		Data:        map[string]any{"type": kind},
	}
	if details != nil {
		method.Data[kind] = details
	}
	if saved.AllowRedisplay != "" { // whether the customer wants to see it again
		method.Data["allow_redisplay"] = string(saved.AllowRedisplay)
	}
	return method, nil
}

// first returns the first text that is there.
func first(object map[string]any, names ...string) string {
	for _, name := range names {
		if text, _ := object[name].(string); text != "" {
			return text
		}
	}
	return ""
}

func whole(object map[string]any, name string) int {
	number, _ := object[name].(float64)
	return int(number)
}

var errNotUnderstood = errors.New("stripe: the answer is not understood")

// failure says what went wrong without a word of the other side. Of the errors
// that can come here, others than these quote what was received.
func failure(err error) error {
	if status, ok := errors.AsType[statusError](err); ok {
		return status
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return fmt.Errorf("stripe: %w", context.DeadlineExceeded)
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("stripe: %w", context.Canceled)
	}
	if connection, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("stripe: %w", connection)
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("stripe: %w", certificate)
	}
	return errNotUnderstood
}

// successes lets only successes through to the library, and of them no more than
// is ever needed. The library would make errors of all others by their texts,
// which can be anything: a page of a proxy, or the key.
type successes struct{ next http.RoundTripper }

func (s successes) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := s.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, statusError{response.StatusCode, requestID.FindString(response.Header.Get("Request-Id"))}
	}
	response.Body = http.MaxBytesReader(nil, response.Body, largestAnswer)
	return response, nil
}

// statusError is an answer other than 200.
type statusError struct {
	status    int
	requestID string // by which Stripe's own log of requests tells more
}

func (e statusError) Error() string {
	return fmt.Sprintf("stripe: status %d, request %q", e.status, e.requestID)
}

// Unwrap returns ErrRefused where asking again would change nothing.
func (e statusError) Unwrap() error {
	switch e.status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return nil
	}
	if e.status >= 400 && e.status < 500 {
		return ErrRefused
	}
	return nil
}
