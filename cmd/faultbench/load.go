package main

import (
	"context"
	crypto "crypto/rand"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

const mostAddresses = 10 // of one customer

const password = "Fault-2026-Bench!"

func random() string { return crypto.Text()[:12] }

// patron is a customer in the hands of the clients.
type patron struct {
	email, reference, password, token string

	done      []string // kinds of operations that they have had
	addresses int
}

// crowd is the customers that operations can go on with. Each is in the hands
// of one client at a time.
type crowd struct {
	mutex sync.Mutex
	all   []*patron
	made  int
}

func (c *crowd) take(chance *rand.Rand) *patron {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.all) == 0 {
		return nil
	}
	at := chance.IntN(len(c.all))
	p := c.all[at]
	c.all = slices.Delete(c.all, at, at+1)
	return p
}

func (c *crowd) put(p *patron) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.all = append(c.all, p)
}

// newcomer has an address that nobody has used.
func (c *crowd) newcomer() *patron {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.made++
	return &patron{email: fmt.Sprintf("c%d@faults.example", c.made), password: password}
}

// load is clients at work.
type load struct {
	*api
	ledger  *ledger
	crowd   *crowd
	without []string      // kinds of operations that are left out
	pace    time.Duration // each client waits so long after each operation
	refusal int           // one in so many operations on a customer is one that is refused

	once     sync.Once
	answered chan struct{} // closed with the first answer

	mutex sync.Mutex
	took  []time.Duration // registrations that were acknowledged
	err   error           // of the ledger: without it nothing counts
}

// clients is how many there are at a time.
const clients = 6

// run has clients ask for one thing after the other until the context ends, or
// until they have done as much as budget, if that is not 0.
func (l *load) run(ctx context.Context, seed uint64, budget int) error {
	var working sync.WaitGroup
	for i := range clients {
		chance := rand.New(rand.NewPCG(seed, uint64(i))) // #nosec G404 -- the same for the same seed
		working.Go(func() {
			for n := 0; ctx.Err() == nil && (budget == 0 || n < budget/clients); n++ {
				l.step(chance)
				_ = pause(ctx, l.pace) // when the context ends, so do we
			}
		})
	}
	working.Wait()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.err
}

// step is one operation, or two where somebody has to log in first. Requests
// that are under way when the round ends are waited for: it is the service that
// breaks them off, or nobody.
func (l *load) step(chance *rand.Rand) {
	switch p := l.crowd.take(chance); {
	case p == nil || chance.IntN(4) == 0:
		if p != nil {
			l.crowd.put(p)
		}
		l.register(l.crowd.newcomer())
	case chance.IntN(l.refusal) == 0:
		l.refused(chance, p)
		l.crowd.put(p)
	case l.goOn(chance, p):
		l.crowd.put(p)
	}
}

// goOn does something for a customer, and reports whether one can go on with
// them: not where nobody knows any more what their password is, or whether they
// were erased. What makes a letter pointless that is still on its way is not asked for
// twice: a second key takes the place of the first, and so does a new password.
func (l *load) goOn(chance *rand.Rand, p *patron) bool {
	kinds := []string{forget, forget, change, addTo, addTo, addTo, erase}
	kind := kinds[chance.IntN(len(kinds))]
	had := func(kind string) bool { return slices.Contains(p.done, kind) }
	switch {
	case slices.Contains(l.without, kind), kind == addTo && p.addresses == mostAddresses, (kind == forget || kind == change) && (had(forget) || had(change)):
		return true
	case kind == forget:
		p.done = append(p.done, forget)
		l.forget(p)
		return true
	case p.token == "" && !l.logIn(p):
		return true
	case kind == addTo:
		p.addresses++
		l.ask(&operation{Kind: addTo, Email: p.email}, func() answer {
			return l.document(context.Background(), http.MethodPost, "/customers/"+p.reference+"/addresses", p.token, resource("addresses", home("Berlin")))
		})
		return true
	case kind == erase:
		l.ask(&operation{Kind: erase, Email: p.email}, func() answer {
			return l.document(context.Background(), http.MethodDelete, "/customers/"+p.reference, p.token, nil)
		})
		return false
	}
	p.done = append(p.done, change)
	changed := l.changePassword(p, p.password, false)
	p.token = ""
	return changed == ok
}

// ask writes an operation down, does it, and writes down what came of it.
func (l *load) ask(o *operation, do func() answer) answer {
	err := l.ledger.invoke(o)
	if err != nil {
		l.fail(err)
		return answer{err: err}
	}
	got := do()
	if got.status != 0 {
		l.once.Do(func() { close(l.answered) })
	}
	o.Outcome, o.Status = got.outcome(), got.status
	if o.Outcome == ok && o.Kind == register {
		o.Customer = reference(got.body)
	}
	if err := l.ledger.end(*o); err != nil {
		l.fail(err)
	}
	return got
}

func (l *load) fail(err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.err = err
}

func (l *load) register(p *patron) {
	o := &operation{Kind: register, Email: p.email}
	began := time.Now()
	got := l.ask(o, func() answer {
		began = time.Now()
		return l.document(context.Background(), http.MethodPost, "/customers", "", resource("customers", registration(p.email)))
	})
	if got.outcome() != ok {
		return
	}
	l.mutex.Lock()
	l.took = append(l.took, time.Since(began))
	l.mutex.Unlock()
	p.reference = o.Customer
	l.crowd.put(p)
}

func (l *load) forget(p *patron) outcome {
	return l.ask(&operation{Kind: forget, Email: p.email}, func() answer {
		return l.document(context.Background(), http.MethodPost, "/customer-forgotten-password", "", resource("customer-forgotten-password", object{"email": p.email}))
	}).outcome()
}

func (l *load) logIn(p *patron) bool {
	got := l.ask(&operation{Kind: logIn, Email: p.email}, func() answer {
		return l.document(context.Background(), http.MethodPost, "/access-tokens", "", resource("access-tokens", object{"username": p.email, "password": p.password}))
	})
	var document struct {
		Data struct {
			Attributes struct {
				AccessToken string `json:"accessToken"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if got.outcome() != ok || json.Unmarshal(got.body, &document) != nil {
		return false
	}
	p.token = document.Data.Attributes.AccessToken
	return p.token != ""
}

func (l *load) changePassword(p *patron, present string, wrong bool) outcome {
	const next = "Another-2026-Bench!"
	got := l.ask(&operation{Kind: change, Email: p.email, Wrong: wrong}, func() answer {
		return l.document(context.Background(), http.MethodPatch, "/customer-password", p.token,
			resource("customer-password", object{"password": present, "newPassword": next, "confirmPassword": next}))
	})
	if got.outcome() == ok {
		p.password = next
	}
	return got.outcome()
}

// refused asks for something that is refused, most of it after a part was done.
func (l *load) refused(chance *rand.Rand, p *patron) {
	switch chance.IntN(3) {
	case 0: // a newcomer with an address, and then what cannot be done: all or none
		newcomer := l.crowd.newcomer()
		last := addHome(object{"type": "customers", "lid": "new"}, "")
		if chance.IntN(2) == 0 {
			last = object{"op": "remove", "ref": object{"type": "addresses", "id": "00000000-0000-4000-8000-000000000000"}}
		}
		l.ask(&operation{Kind: register, Email: newcomer.email, Wrong: true}, func() answer {
			return l.send(context.Background(), http.MethodPost, "/operations", "", atomicExtension, object{"atomic:operations": []object{
				{"op": "add", "data": object{"type": "customers", "lid": "new", "attributes": registration(newcomer.email)}},
				addHome(object{"type": "customers", "lid": "new"}, "Berlin"),
				last,
			}})
		})
	case 1: // an address that has an account
		l.ask(&operation{Kind: register, Email: p.email, Wrong: true}, func() answer {
			return l.document(context.Background(), http.MethodPost, "/customers", "", resource("customers", registration(p.email)))
		})
	case 2: // a good address and a bad one, or a password without the present one
		if p.token == "" {
			return
		}
		if chance.IntN(2) == 0 {
			l.changePassword(p, "not the password", true)
			return
		}
		l.ask(&operation{Kind: addTo, Email: p.email, Wrong: true}, func() answer {
			owner := object{"type": "customers", "id": p.reference}
			return l.send(context.Background(), http.MethodPost, "/operations", p.token, atomicExtension, object{"atomic:operations": []object{addHome(owner, "Bonn"), addHome(owner, "")}})
		})
	}
}

func addHome(owner object, city string) object {
	return object{"op": "add", "data": object{"type": "addresses", "attributes": home(city), "relationships": object{"customer": object{"data": owner}}}}
}

func registration(email string) object {
	return object{"salutation": "Ms", "firstName": "Ada", "lastName": "Lovelace", "email": email, "password": password, "confirmPassword": password, "acceptedTerms": true}
}

func home(city string) object {
	return object{"salutation": "Ms", "firstName": "Ada", "lastName": "Lovelace", "address1": "1 Main Street", "zipCode": "10115", "city": city, "iso2Code": "DE"}
}

// reference reads the id of a document.
func reference(body []byte) string {
	var document struct {
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	_ = json.Unmarshal(body, &document) // what is no document has no id
	return document.Data.ID
}
