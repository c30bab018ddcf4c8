package main

import "net/http"

func deleted(t *trial) {
	p := t.person()
	for what, withBody := range map[string]bool{"without a body": false, "with the identifier as body": true} {
		id := t.address(p, "Berlin")
		var body any
		if withBody {
			body = object{"data": identifier("addresses", id)}
		}
		e := t.ask(http.MethodDelete, p.path+"/addresses/"+id, body, as(p.token))
		t.want(what, e, http.StatusNoContent, http.StatusOK)
		t.hold(e.status != http.StatusNoContent || len(e.body) == 0, "204 has a body")
		t.want(what+", read", t.get(p.path+"/addresses/"+id, as(p.token)), http.StatusNotFound)
	}
	t.want("a customer", t.delete(p.path, as(p.token)), http.StatusNoContent, http.StatusOK)
}

func deletedTwice(t *trial) {
	p := t.person()
	id := t.address(p, "Berlin")
	t.delete(p.path+"/addresses/"+id, as(p.token))
	t.want("an address, again", t.delete(p.path+"/addresses/"+id, as(p.token)), http.StatusNotFound)
	t.want("an unknown customer", t.delete("/customers/"+foreignReference, as(p.token)), http.StatusNotFound)
	if t.key != "" {
		t.want("an unknown customer, for an API key", t.delete("/customers/"+foreignReference, as(t.key)), http.StatusNotFound)
	}
}
