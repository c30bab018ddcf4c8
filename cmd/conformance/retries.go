package main

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
)

func notModified(t *trial) {
	for _, target := range []string{t.main.path, t.main.path + "/addresses", t.main.path + "/defaultShippingAddress", t.main.path + "/relationships/addresses"} {
		tag := t.get(target, as(t.main.token)).header.Get("ETag")
		for _, sent := range []string{tag, `"other", ` + tag, "*"} {
			if sent == "*" && tag == "" {
				continue
			}
			e := t.get(target, as(t.main.token), with("If-None-Match", sent))
			t.want("If-None-Match "+strings.ReplaceAll(sent, tag, "the ETag"), e, http.StatusNotModified)
			t.hold(len(e.body) == 0 && e.header.Get("ETag") == tag, "%s: 304 has a body or another ETag", e.shape())
		}
		t.want("If-None-Match with another", t.get(target, as(t.main.token), with("If-None-Match", `"other"`)), http.StatusOK)
	}
}

func tagChanges(t *trial) {
	p := t.person()
	id := t.address(p, "Berlin")
	for target, document := range map[string]object{
		p.path:                      change("customers", p.id, object{"firstName": "Grace"}),
		p.path + "/addresses/" + id: change("addresses", id, object{"city": "Bonn"}),
	} {
		tag := func() string { return t.get(target, as(p.token)).header.Get("ETag") }
		former := tag()
		t.hold(former != "" && tag() == former, "the ETag %q becomes %q without a change", former, tag())
		changed := t.made("a change", t.patch(target, document, as(p.token)), http.StatusOK)
		t.hold(tag() != former, "%s: the ETag stays", changed.shape())
		t.hold(changed.header.Get("ETag") == tag(), "%s: the ETag is not that of the resource as it is then", changed.shape())
	}
}

func preconditionFails(t *trial) {
	p := t.person()
	id := t.address(p, "Berlin")
	for target, document := range map[string]object{
		p.path:                      change("customers", p.id, object{"firstName": "Late"}),
		p.path + "/addresses/" + id: change("addresses", id, object{"city": "Late"}),
	} {
		for _, method := range []string{http.MethodPatch, http.MethodDelete} {
			e := t.ask(method, target, document, as(p.token), with("If-Match", `"other"`))
			t.want("If-Match with another", e, http.StatusPreconditionFailed)
			current, _ := identify(e.at("errors.0.meta.current.data"))
			wanted, _ := identify(document["data"])
			t.hold(current == wanted, "%s: 412 does not show the resource in meta.current", e.shape())
		}
	}
	t.hold(t.show(p).text("data.attributes.firstName") == "Ada" && t.cities(p) == "Berlin", "a change whose precondition failed was made")
}

func preconditionHolds(t *trial) {
	p := t.person()
	id := t.address(p, "Berlin")
	tag := t.show(p).header.Get("ETag")
	t.want("If-Match with the ETag", t.patch(p.path, change("customers", p.id, object{"firstName": "Grace"}), as(p.token), with("If-Match", tag)), http.StatusOK)
	t.want("If-Match with the former ETag", t.patch(p.path, change("customers", p.id, object{"firstName": "Late"}), as(p.token), with("If-Match", tag)), http.StatusPreconditionFailed)
	t.want("If-Match with *", t.patch(p.path, change("customers", p.id, object{"firstName": "Ada"}), as(p.token), with("If-Match", "*")), http.StatusOK)
	address := p.path + "/addresses/" + id
	t.want("DELETE, If-Match with the ETag", t.delete(address, as(p.token), with("If-Match", t.get(address, as(p.token)).header.Get("ETag"))), http.StatusNoContent)
}

func keyed(key string) option { return with("Idempotency-Key", key) }

// newKey is one that nobody has used.
func (t *trial) newKey() string { return t.uuid() }

func isRepeated(e *exchange) bool { return e.header.Get("Idempotent-Replayed") == "true" }

func repeatedOnce(t *trial) {
	p := t.person()
	t.address(p, "Berlin")
	registered := resource("customers", registration(t.email()))
	for what, send := range map[string]func(key string) *exchange{
		"a registration": func(key string) *exchange { return t.post("/customers", registered, keyed(key)) },
		"an address": func(key string) *exchange {
			return t.post(p.path+"/addresses", resource("addresses", home("Bonn")), as(p.token), keyed(key))
		},
		"a change": func(key string) *exchange {
			return t.patch(p.path, change("customers", p.id, object{"firstName": "Grace"}), as(p.token), keyed(key))
		},
		"operations": func(key string) *exchange { return t.operate(p.token, operations(rename(p, "Hedy")), keyed(key)) },
	} {
		own := t.newKey()
		first, second := send(own), send(`"`+own+`"`)
		t.hold(first.status < 300, "%s with a key: %d", what, first.status)
		t.hold(second.status == first.status && bytes.Equal(second.body, first.body), "%s again: %d and another answer", what, second.status)
		t.hold(isRepeated(second) && !isRepeated(first), "%s again: Idempotent-Replayed is %q", what, second.header.Get("Idempotent-Replayed"))
		for _, name := range []string{"Content-Type", "ETag", "Location"} {
			t.hold(first.header.Get(name) == second.header.Get(name), "%s again: another %s", what, name)
		}
	}
	t.hold(t.cities(p) == "Berlin Bonn", "the addresses are %q", t.cities(p))
}

func keyReused(t *trial) {
	key := t.newKey()
	t.made("a key", t.add(keyed(key)), http.StatusCreated)
	e := t.post(t.scratch.path+"/addresses", resource("addresses", home("Bonn")), as(t.scratch.token), keyed(key))
	t.blames("the key with another body", e, http.StatusUnprocessableEntity, "header", "Idempotency-Key")
	t.hold(e.text("errors.0.meta.key") == "idempotency_key_reused", "the key with another body: meta.key is %q", e.text("errors.0.meta.key"))
}

func keyMalformed(t *trial) {
	for _, key := range []string{"a b", `""`, strings.Repeat("k", 1000), `a"b`} {
		e := t.add(keyed(key))
		t.blames("a malformed key", e, http.StatusBadRequest, "header", "Idempotency-Key")
		t.hold(e.text("errors.0.meta.key") == "idempotency_key_invalid", "a malformed key: meta.key is %q", e.text("errors.0.meta.key"))
	}
}

func twins(t *trial) {
	p := t.person()
	key := t.newKey()
	answers := make([]*exchange, 8)
	failures := make([]error, len(answers))
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i], failures[i] = t.send(t.ctx, http.MethodPost, p.path+"/addresses", resource("addresses", home("Berlin")), as(p.token), keyed(key))
		})
	}
	all.Wait()
	served := 0
	for i, e := range answers {
		t.require(failures[i] == nil, "%v", failures[i])
		t.hold(e.status == http.StatusCreated || e.status == http.StatusConflict, "one of the twins: %d", e.status)
		if e.status == http.StatusCreated && !isRepeated(e) {
			served++
		}
	}
	t.hold(served == 1, "of twins %d ran", served)
	t.hold(t.cities(p) == "Berlin", "the addresses are %q", t.cities(p))
}

func keyOfAnother(t *trial) {
	key := t.newKey()
	one, other := t.person(), t.person()
	send := func(p *person) *exchange {
		return t.post(p.path+"/addresses", resource("addresses", home("Berlin")), as(p.token), keyed(key))
	}
	t.made("a key", send(one), http.StatusCreated)
	theirs := t.made("the key of another", send(other), http.StatusCreated)
	t.hold(!isRepeated(theirs) && t.cities(other) == "Berlin", "somebody else's answer was repeated")
}

func failureNotKept(t *trial) {
	p := t.person()
	key := t.newKey()
	bad := resource("addresses", home("Berlin", object{"iso2Code": "XX"}))
	t.want("a bad address", t.post(p.path+"/addresses", bad, as(p.token), keyed(key)), http.StatusUnprocessableEntity)
	good := t.post(p.path+"/addresses", resource("addresses", home("Berlin")), as(p.token), keyed(key))
	t.want("a good one with the same key", good, http.StatusCreated)
	t.hold(!isRepeated(good), "a failure was repeated")
}

func tokensNotKept(t *trial) {
	key := t.newKey()
	login := resource("access-tokens", object{"username": t.scratch.email, "password": password})
	one, other := t.post("/access-tokens", login, keyed(key)), t.post("/access-tokens", login, keyed(key))
	t.want("a login", one, http.StatusCreated)
	t.want("a login again", other, http.StatusCreated)
	t.hold(!isRepeated(other) && one.text("data.attributes.accessToken") != other.text("data.attributes.accessToken"), "a token was repeated")
}
