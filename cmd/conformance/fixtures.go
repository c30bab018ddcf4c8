package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// person is a customer that the run has registered.
type person struct {
	id      string
	path    string // below the base
	email   string
	token   string
	created string // createdAt, as the service writes it
	login   *exchange
}

// password satisfies the strictest policy that the service can be set to.
const password = "Conform-2026-Passt!"

const foreignReference = "UNKNOWN--0"
const foreignID = "00000000-0000-4000-8000-000000000000"

// world makes the customers that the rules share.
func (s *service) world(t *trial) {
	first := t.registerAs(t.email())
	t.require(t.learn(first.text("data.links.self"), "/customers/"+first.text("data.id")) == nil,
		"the self link of a customer does not end in /customers/ and the id: %q", first.text("data.links.self"))
	if t.key != "" {
		t.require(t.get("/customers?page[size]=1", as(t.key)).status == http.StatusOK, "the API key is not accepted")
	}
	s.main = t.logIn(first)
	t.address(s.main, "Berlin")
	t.address(s.main, "Bonn")
	s.other = t.person()
	t.address(s.other, "Bremen")
	s.scratch = t.person()
	for range 3 { // so that there is something to page through
		t.registerAs(t.email())
	}
}

// email is one that nobody has used.
func (s *service) email() string {
	s.people++
	return fmt.Sprintf("conformance-%s-%d@example.com", s.run, s.people)
}

// registration has every attribute that some setting of the service requires.
func registration(email string, changes ...object) object {
	attributes := object{
		"salutation": "Ms", "firstName": "Ada", "lastName": "Lovelace", "gender": "Female", "dateOfBirth": "1990-12-10",
		"email": email, "password": password, "confirmPassword": password, "acceptedTerms": true,
	}
	return changed(attributes, changes)
}

// home is the attributes of an address in a city.
func home(city string, changes ...object) object {
	attributes := object{
		"salutation": "Ms", "firstName": "Ada", "lastName": "Lovelace", "address1": "1 Main Street", "address2": "2nd floor",
		"zipCode": "10115", "city": city, "iso2Code": "DE", "isDefaultShipping": false, "isDefaultBilling": false,
	}
	return changed(attributes, changes)
}

// missing takes an attribute away.
type missing struct{}

func changed(attributes object, changes []object) object {
	for _, change := range changes {
		maps.Copy(attributes, change)
	}
	maps.DeleteFunc(attributes, func(_ string, value any) bool { return value == missing{} })
	return attributes
}

func (t *trial) registerAs(email string) *exchange {
	made := t.post("/customers", resource("customers", registration(email)))
	t.require(made.status == http.StatusCreated, "a customer cannot be registered: %s answered %d %s", made.shape(), made.status, made.body)
	return made
}

// person registers somebody and logs them in.
func (t *trial) person() *person { return t.logIn(t.registerAs(t.email())) }

func (t *trial) logIn(registered *exchange) *person {
	p := &person{id: registered.text("data.id"), email: registered.text("data.attributes.email"), created: registered.text("data.attributes.createdAt")}
	p.path = "/customers/" + p.id
	login := resource("access-tokens", object{"username": p.email, "password": password})
	if p.login = t.post("/access-tokens", login); p.login.status == http.StatusUnauthorized && t.key != "" {
		t.confirm(p.email)
		p.login = t.post("/access-tokens", login)
	}
	p.token = p.login.text("data.attributes.accessToken")
	t.require(p.login.status == http.StatusCreated && p.token != "", "a customer who has registered cannot log in: %s answered %d %s", p.login.shape(), p.login.status, p.login.body)
	return p
}

var keyInLetter = regexp.MustCompile(`token=([A-Za-z0-9_-]+)`)

// confirm uses the key in the letter that a registration brings, where one has
// to.
func (t *trial) confirm(email string) {
	letters := t.get("/outbox-messages?filter[kind]=confirm&filter[to]="+url.QueryEscape(email), as(t.key))
	found := keyInLetter.FindStringSubmatch(letters.text("data.0.attributes.text"))
	t.require(found != nil, "%s cannot log in, and no letter with a key is at %s", email, letters.shape())
	t.post("/customer-confirmation", resource("customer-confirmation", object{"registrationKey": found[1]}))
}

// address adds one and returns its id.
func (t *trial) address(p *person, city string, changes ...object) string {
	made := t.post(p.path+"/addresses", resource("addresses", home(city, changes...)), as(p.token))
	t.require(made.status == http.StatusCreated, "an address cannot be added: %s answered %d %s", made.shape(), made.status, made.body)
	return made.text("data.id")
}

// show reads a customer.
func (t *trial) show(p *person, query ...string) *exchange {
	return t.get(p.path+strings.Join(query, ""), as(p.token))
}

// cities lists where the addresses of a customer are.
func (t *trial) cities(p *person) string {
	var listed []string
	for _, one := range t.get(p.path+"/addresses", as(p.token)).list("data") {
		city, _ := at(one, "attributes.city").(string)
		listed = append(listed, city)
	}
	return strings.Join(listed, " ")
}
