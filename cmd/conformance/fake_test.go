package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// fake is a server that lets customers be made, so that rules get to what they
// ask, and answers everything else in one wrong way.
type fake struct {
	*httptest.Server
	made  atomic.Int64
	never atomic.Bool // everything fails, customers too
	yes   bool        // everything is granted; otherwise everything is refused
}

func newFake(t *testing.T, yes bool) *fake {
	f := &fake{yes: yes}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// ServeHTTP answers.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Vary", "Accept")
	served := r.Method == http.MethodPost && (r.URL.Path == "/customers" || r.URL.Path == "/access-tokens" || strings.HasSuffix(r.URL.Path, "/addresses"))
	key := r.Method == http.MethodGet && r.URL.RawQuery == "page[size]=1"
	switch {
	case f.never.Load():
		w.WriteHeader(http.StatusInternalServerError)
		return
	case !f.yes && !served && !key:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"errors":[{"status":"400"}]}`)
		return
	case r.URL.Path == "/openapi.json":
		_, _ = io.WriteString(w, `{"paths":{"/customers":{"get":{"parameters":[{"in":"query","name":"page[size]"},{"in":"query","name":"q"}]}}}}`)
		return
	}
	if r.Method == http.MethodPost {
		w.WriteHeader(http.StatusCreated)
	}
	_ = json.NewEncoder(w).Encode(object{"data": f.thing(r, body)})
}

// thing is a resource with what the fixtures need, whatever was asked for.
func (f *fake) thing(r *http.Request, body []byte) object {
	sent, _ := decode(body)
	kind := strings.Trim(r.URL.Path, "/")
	id := fmt.Sprint(f.made.Add(1))
	return object{"type": kind, "id": id, "links": object{"self": f.URL + r.URL.Path + "/" + id},
		"attributes": object{"accessToken": "token", "email": at(sent, "data.attributes.email"), "createdAt": "2026-01-01"}}
}

// world is a service with its fixtures.
func world(t *testing.T, f *fake) *service {
	t.Helper()
	ledger := newLedger()
	asked := &service{client: newClient(f.URL, ledger.look), ctx: t.Context(), key: "key", run: "test", ledger: ledger}
	if made := asked.attempt(asked.world); len(made.faults) > 0 {
		t.Fatal(made.faults)
	}
	return asked
}

// A rule that a server keeps which grants everything, and one that refuses
// everything but customers and addresses, and one that fails, would be a rule
// that cannot be broken. What the structural check sees has a test of
// its own.
func TestEachRuleIsBrokenByAServerThatIsWrong(t *testing.T) {
	unbroken := map[string]bool{}
	for _, r := range rules {
		unbroken[r.number] = r.try != nil
	}
	for what, f := range map[string]*fake{"yes": newFake(t, true), "no": newFake(t, false), "never": newFake(t, false)} {
		asked := world(t, f)
		f.never.Store(what == "never")
		broken := 0
		for _, r := range rules {
			if r.try != nil && len(asked.attempt(r.try).faults) > 0 {
				broken++
				unbroken[r.number] = false
			}
		}
		if broken < len(rules)/3 {
			t.Errorf("a server that says %s breaks only %d of %d rules", what, broken, len(rules))
		}
	}
	delete(unbroken, "35") // is about links that no server here has
	for number, left := range unbroken {
		if left {
			t.Errorf("no server breaks rule %s", number)
		}
	}
}

func TestARuleThatLooksAtNothingFails(t *testing.T) {
	all := []rule{
		{number: "1", level: must, try: func(*trial) {}},
		{number: "2", level: must, observed: true},
		{number: "999", level: must, observed: true},
		{number: "998", level: must, observed: true, try: func(t *trial) { t.hold(true, "") }},
		{number: "3", level: must, try: func(t *trial) { t.needKey(); t.hold(true, "") }},
	}
	f := newFake(t, true)
	var outcomes []outcome
	needed := map[exception]bool{}
	asked := world(t, f)
	for i, tried := range asked.tryAll(all) {
		outcomes = append(outcomes, judge(all[i], tried, nil, needed).Outcome)
	}
	if want := []outcome{failed, passed, failed, failed, passed}; !slices.Equal(outcomes, want) {
		t.Errorf("%v, not %v", outcomes, want)
	}
	asked.key = ""
	all[2].needsKey = true
	tried := asked.tryAll(all)
	for i, want := range map[int]outcome{2: notApplicable, 4: notApplicable, 3: failed} {
		if got := judge(all[i], tried[i], nil, needed); got.Outcome != want {
			t.Errorf("without a key rule %s is %v", all[i].number, got)
		}
	}
}

func TestARuleThatCannotGoOnFailsAlone(t *testing.T) {
	f := newFake(t, true)
	asked := world(t, f)
	f.Close()
	tried := asked.tryAll([]rule{{number: "1", try: func(t *trial) { t.get("/customers"); t.hold(true, "") }}, {number: "2", try: func(t *trial) { t.hold(true, "") }}})
	if len(tried[0].faults) != 1 || tried[0].checks != 0 || len(tried[1].faults) != 0 {
		t.Errorf("%v, %v", tried[0], tried[1])
	}
	defer func() {
		if recover() == nil {
			t.Error("a panic of another kind was swallowed")
		}
	}()
	asked.attempt(func(*trial) { panic("other") })
}

func TestRequestsAreBounded(t *testing.T) {
	f := newFake(t, true)
	asked := world(t, f)
	asked.sent = mostRequests
	tried := asked.attempt(func(t *trial) { t.get("/customers") })
	if len(tried.faults) != 1 || !strings.Contains(tried.faults[0], "round in circles") {
		t.Errorf("%v", tried.faults)
	}
}
