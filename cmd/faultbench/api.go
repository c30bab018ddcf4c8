package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	mediaType       = "application/vnd.api+json"
	atomicExtension = mediaType + `; ext="https://jsonapi.org/ext/atomic"`
	adminKey        = "faultbench"
	requestLimit    = 15 * time.Second
	longestAnswer   = 8 << 20
)

// object is one of JSON.
type object = map[string]any

// api asks the service.
type api struct {
	base string
	http *http.Client
}

func newAPI(base string) *api {
	return &api{base: base, http: &http.Client{Timeout: requestLimit, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
}

// answer is what came back. status is 0 when nothing did.
type answer struct {
	status int
	body   []byte
	err    error
	sent   bool // the service may have seen the request
}

// outcome is what the client knows now.
func (a answer) outcome() outcome {
	switch {
	case a.status >= 200 && a.status < 300:
		return ok
	case a.status >= 400 && a.status < 500, !a.sent:
		return fail
	}
	return unknown
}

func (a *api) send(ctx context.Context, method, target, token, contentType string, body any) answer {
	var encoded []byte
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return answer{err: err}
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+target, bytes.NewReader(encoded)) // #nosec G704 -- the service that was started here
	if err != nil {
		return answer{err: err}
	}
	request.Header.Set("Accept", contentType)
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := a.http.Do(request) // #nosec G704 -- likewise
	if err != nil {
		// A request for which there was no connection was not sent.
		refused, found := errors.AsType[*net.OpError](err)
		return answer{err: err, sent: !found || refused.Op != "dial"}
	}
	defer response.Body.Close()
	got := answer{status: response.StatusCode, sent: true}
	if got.body, got.err = io.ReadAll(io.LimitReader(response.Body, longestAnswer)); got.err != nil {
		got.status = 0 // it broke in the middle
	}
	return got
}

// document sends one of JSON:API.
func (a *api) document(ctx context.Context, method, target, token string, body any) answer {
	return a.send(ctx, method, target, token, mediaType, body)
}

// resource is a document about one.
func resource(kind string, attributes object) object {
	return object{"data": object{"type": kind, "attributes": attributes}}
}

// fault is nil when the answer is good.
func (a answer) fault() error {
	if a.err == nil && a.outcome() != ok {
		return fmt.Errorf("the service answered %d %s", a.status, a.body)
	}
	return a.err
}

// wanted reads an answer that has to be good into a document.
func (a answer) wanted(document any) error {
	if err := a.fault(); err != nil {
		return err
	}
	return json.Unmarshal(a.body, document)
}

// item is a resource of a list.
type item[A any] struct {
	ID         string `json:"id"`
	Attributes A      `json:"attributes"`
	Meta       struct {
		Page struct {
			Cursor string `json:"cursor"`
		} `json:"page"`
	} `json:"meta"`
}

const pageSize = 100

// list reads pages from after a cursor to the end.
func list[A any](ctx context.Context, a *api, path, after string, see func(item[A])) error {
	for {
		query := url.Values{"page[after]": {after}, "page[size]": {fmt.Sprint(pageSize)}}
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		var page struct{ Data []item[A] }
		if err := a.document(ctx, http.MethodGet, path+separator+query.Encode(), adminKey, nil).wanted(&page); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, one := range page.Data {
			see(one)
			after = one.Meta.Page.Cursor
		}
		if len(page.Data) < pageSize {
			return nil
		}
	}
}

// events reads the feed from after a cursor and returns the last cursor.
func (a *api) events(ctx context.Context, after string) (events []event, last string, err error) {
	type attributes struct {
		EventType  string `json:"eventType"`
		Customer   string `json:"customer"`
		Sequence   int64  `json:"sequence"`
		CloudEvent struct {
			Data struct {
				Customer struct {
					Email string `json:"email"`
				} `json:"customer"`
			} `json:"data"`
		} `json:"cloudEvent"`
	}
	last = after
	err = list(ctx, a, "/events", after, func(one item[attributes]) {
		made := event{ID: one.ID, Type: one.Attributes.EventType, Customer: one.Attributes.Customer, Sequence: one.Attributes.Sequence}
		if made.Type == effects[register].event {
			made.Email = one.Attributes.CloudEvent.Data.Customer.Email
		}
		events, last = append(events, made), one.Meta.Page.Cursor
	})
	return events, last, err
}

// customers reads all of them: e-mail addresses by reference.
func (a *api) customers(ctx context.Context) (map[string]string, error) {
	type attributes struct {
		Email string `json:"email"`
	}
	customers := map[string]string{}
	err := list(ctx, a, "/customers", "", func(one item[attributes]) { customers[one.ID] = one.Attributes.Email })
	return customers, err
}

// job is work in the background.
type job struct {
	id        string
	Kind      string  `json:"kind"`
	State     string  `json:"state"`
	Attempt   int     `json:"attempt"`
	LastError *string `json:"lastError"`
}

// unfinished are the states of jobs that something is still to come of.
var unfinished = []string{"available", "running", "retryable", "scheduled", "pending"}

// jobs lists those that are in one of the states, of the kinds that begin so.
func (a *api) jobs(ctx context.Context, kind string, states ...string) (jobs []job, err error) {
	for _, state := range states {
		err := list(ctx, a, "/jobs?filter[state]="+state, "", func(one item[job]) {
			if one.Attributes.id = one.ID; strings.HasPrefix(one.Attributes.Kind, kind) {
				jobs = append(jobs, one.Attributes)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

// hurry has jobs tried at once. One that has begun or ended meanwhile is none to
// hurry.
func (a *api) hurry(ctx context.Context, jobs []job) error {
	for _, j := range jobs {
		body := object{"data": object{"type": "jobs", "id": j.id, "attributes": object{"state": "available"}}}
		got := a.document(ctx, http.MethodPatch, "/jobs/"+j.id, adminKey, body)
		if got.outcome() == unknown {
			return fmt.Errorf("job %s could not be hurried: %w", j.id, got.fault())
		}
	}
	return nil
}
