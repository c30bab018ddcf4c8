package resources_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// told is what can be told of a customer on any surface, "" where it says nothing.
type told struct {
	Email, Name, Phone                           string
	Addressee, Street, City, Zip, Country, House string
}

// known is a customer by all the names that surfaces have for them.
type known struct {
	email, reference, number string
	token                    string // of the main surface
}

// surface is one of the dialects that the accounts are served in. What it cannot do is
// nil.
type surface struct {
	name     string
	register func(s *apitest.Service, person told)
	read     func(s *apitest.Service, who known) told
	call     func(s *apitest.Service, who known, phone string) // changes their telephone number
	move     func(s *apitest.Service, who known, city string)  // changes the city where goods go
	logIn    func(s *apitest.Service, email, password string) *apitest.Answer
	hides    func(*told) // takes away what the surface has no place for, when it writes or reads
}

// object writes JSON.
func object(members map[string]any) string {
	text, err := json.Marshal(members)
	if err != nil {
		panic(err) // of maps and texts there is none
	}
	return string(text)
}

func words(parts ...string) string { return strings.TrimSpace(strings.Join(parts, " ")) }

// glue is the main surface, asked by the customer themself.
var glue = surface{
	name: "glue",
	register: func(s *apitest.Service, person told) {
		first, last, _ := strings.Cut(person.Name, " ")
		s.Post("/customers", "", apitest.Document("customers", map[string]any{
			"salutation": "Ms", "firstName": first, "lastName": last, "email": person.Email, "phone": person.Phone,
			"password": apitest.Password, "confirmPassword": apitest.Password, "acceptedTerms": true,
		})).Has(http.StatusCreated)
		first, last, _ = strings.Cut(person.Addressee, " ")
		s.Post("/customers/me/addresses", s.Login(person.Email, apitest.Password), apitest.Document("addresses", map[string]any{
			"salutation": "Ms", "firstName": first, "lastName": last, "address1": person.Street, "address2": person.House, "zipCode": person.Zip, "city": person.City, "iso2Code": person.Country,
		})).Has(http.StatusCreated)
	},
	read: func(s *apitest.Service, who known) told {
		answer := s.Get("/customers/me?include=addresses", who.token).Has(http.StatusOK)
		own, address := "data.attributes.", "included.0.attributes."
		return told{
			answer.Text(own + "email"), words(answer.Text(own+"firstName"), answer.Text(own+"lastName")), answer.Text(own + "phone"),
			words(answer.Text(address+"firstName"), answer.Text(address+"lastName")), answer.Text(address + "address1"),
			answer.Text(address + "city"), answer.Text(address + "zipCode"), answer.Text(address + "iso2Code"), words(answer.Text(address+"address2"), answer.Text(address+"houseNumber")),
		}
	},
	call: func(s *apitest.Service, who known, phone string) {
		s.Patch("/customers/me", who.token, apitest.Document("customers", map[string]any{"phone": phone})).Has(http.StatusOK)
	},
	move: func(s *apitest.Service, who known, city string) {
		id := s.Get("/customers/me", who.token).Text("data.relationships.defaultShippingAddress.data.id")
		s.Patch("/customers/me/addresses/"+id, who.token, apitest.Document("addresses", map[string]any{"city": city})).Has(http.StatusOK)
	},
	logIn: func(s *apitest.Service, email, password string) *apitest.Answer { return s.LogIn(email, password) },
	hides: func(*told) {},
}

// medusa is asked by the customer as well, with a token of its own.
var medusa = surface{
	name: "medusa",
	register: func(s *apitest.Service, person told) {
		first, last, _ := strings.Cut(person.Name, " ")
		s.Post("/store/customers", "", object(map[string]any{"email": person.Email, "password": apitest.Password, "first_name": first, "last_name": last, "phone": person.Phone})).Has(http.StatusOK)
		first, last, _ = strings.Cut(person.Addressee, " ")
		s.Post("/store/customers/me/addresses", s.Login(person.Email, apitest.Password), object(map[string]any{"address": map[string]any{
			"first_name": first, "last_name": last, "address_1": person.Street, "address_2": person.House, "postal_code": person.Zip, "city": person.City, "country_code": strings.ToLower(person.Country),
		}})).Has(http.StatusOK)
	},
	read: func(s *apitest.Service, who known) told {
		answer := s.Get("/store/customers/me", who.token).Has(http.StatusOK)
		own, address := "customer.", "customer.shipping_addresses.0."
		return told{
			answer.Text(own + "email"), words(answer.Text(own+"first_name"), answer.Text(own+"last_name")), answer.Text(own + "phone"),
			words(answer.Text(address+"first_name"), answer.Text(address+"last_name")), answer.Text(address + "address_1"),
			answer.Text(address + "city"), answer.Text(address + "postal_code"), strings.ToUpper(answer.Text(address + "country_code")), answer.Text(address + "address_2"),
		}
	},
	call: func(s *apitest.Service, who known, phone string) {
		s.Post("/store/customers/me", who.token, object(map[string]any{"phone": phone})).Has(http.StatusOK)
	},
	move: func(s *apitest.Service, who known, city string) {
		id := s.Get("/store/customers/me", who.token).Text("customer.shipping_addresses.0.id")
		s.Post("/store/customers/me/addresses/"+id, who.token, object(map[string]any{"city": city})).Has(http.StatusOK)
	},
	logIn: func(s *apitest.Service, email, password string) *apitest.Answer {
		return s.Post("/store/auth", "", object(map[string]any{"email": email, "password": password}))
	},
	hides: func(*told) {},
}

// tiendanube is asked by the shop. Its addresses have no name on the door.
var tiendanube = surface{
	name: "tiendanube",
	register: func(s *apitest.Service, person told) {
		s.Post("/v1/DE/customers", apitest.AdminKey, object(map[string]any{
			"name": person.Name, "email": person.Email, "phone": person.Phone, "password": apitest.Password,
			"addresses": []any{map[string]any{"address": person.Street, "number": person.House, "zipcode": person.Zip, "city": person.City, "country": person.Country}},
		})).Has(http.StatusCreated)
	},
	read: func(s *apitest.Service, who known) told {
		answer := s.Get("/v1/DE/customers/"+who.number, apitest.AdminKey).Has(http.StatusOK)
		address := "default_address."
		return told{
			Email: answer.Text("email"), Name: answer.Text("name"), Phone: answer.Text("phone"), Street: answer.Text(address + "address"),
			City: answer.Text(address + "city"), Zip: answer.Text(address + "zipcode"), Country: answer.Text(address + "country"), House: answer.Text(address + "number"),
		}
	},
	call: func(s *apitest.Service, who known, phone string) {
		put(s, "/v1/DE/customers/"+who.number, apitest.AdminKey, object(map[string]any{"phone": phone})).Has(http.StatusOK)
	},
	move: func(s *apitest.Service, who known, city string) {
		id := s.Get("/v1/DE/customers/"+who.number, apitest.AdminKey).At("default_address.id")
		put(s, "/v1/DE/customers/"+who.number, apitest.AdminKey, object(map[string]any{"addresses": []any{map[string]any{"id": id, "city": city}}})).Has(http.StatusOK)
	},
	hides: func(t *told) { t.Addressee = "" },
}

// digitalRiver is asked by the shop, too. It has no name and no telephone number of a
// customer, but those of where goods go.
var digitalRiver = surface{
	name: "digital-river",
	register: func(s *apitest.Service, person told) {
		s.Post("/digital-river/customers", apitest.AdminKey, object(map[string]any{"email": person.Email, "shipping": map[string]any{
			"name": person.Addressee, "address": map[string]any{"line1": person.Street, "line2": person.House, "city": person.City, "postalCode": person.Zip, "country": person.Country},
		}})).Has(http.StatusCreated)
		// Without a password as yet: the customer sets one by mail.
		s.Forget(person.Email)
		s.Patch("/customer-restore-password", "", restoration(s.MailedKey(person.Email, "restore"), apitest.Password)).Has(http.StatusNoContent)
	},
	read: func(s *apitest.Service, who known) told {
		answer := s.Get("/digital-river/customers/"+who.reference, apitest.AdminKey).Has(http.StatusOK)
		address := "shipping.address."
		return told{
			Email: answer.Text("email"), Addressee: answer.Text("shipping.name"), Street: answer.Text(address + "line1"),
			City: answer.Text(address + "city"), Zip: answer.Text(address + "postalCode"), Country: answer.Text(address + "country"), House: answer.Text(address + "line2"),
		}
	},
	move: func(s *apitest.Service, who known, city string) {
		s.Post("/digital-river/customers/"+who.reference, apitest.AdminKey, object(map[string]any{"shipping": map[string]any{"address": map[string]any{"city": city}}})).Has(http.StatusOK)
	},
	hides: func(t *told) { t.Name, t.Phone = "", "" },
}

// A story is told once, with whoever writes on one surface and whoever reads on another:
// what is registered here is read there, what is changed there is read here, and the
// password opens every door. That a guest had rules of its own would show here.
func TestOneAccountInFourDialects(t *testing.T) {
	t.Parallel()
	surfaces := []surface{glue, medusa, tiendanube, digitalRiver}
	apitest.Each(t, apitest.Settings{"DIALECTS": "medusa,tiendanube,digital-river"}, func(t *testing.T, s *apitest.Service) {
		for _, writer := range surfaces {
			for _, reader := range surfaces {
				t.Run(writer.name+" to "+reader.name, func(t *testing.T) { tellStory(t, s.In(t), writer, reader) })
			}
		}
	})
}

func tellStory(t *testing.T, s *apitest.Service, writer, reader surface) {
	person := told{
		Email: fmt.Sprintf("%s.%s@example.com", writer.name, reader.name), Name: "Ana Souza Lima", Phone: "+55 11 1234-5678",
		Addressee: "Bia Souza", Street: "Rua Augusta", House: "742", City: "São Paulo", Zip: "01305-000", Country: "BR",
	}
	writer.register(s, person)
	who := known{email: person.Email}
	found := s.Get("/customers?filter[email]="+person.Email, apitest.AdminKey).Has(http.StatusOK)
	who.reference, who.number, who.token = found.Text("data.0.id"), fmt.Sprint(found.At("data.0.attributes.number")), s.Login(person.Email, apitest.Password)

	writer.hides(&person)
	expect := func(by surface) {
		t.Helper()
		want := person
		by.hides(&want)
		got := by.read(s, who)
		if want.Addressee == "" { // an address without a name may show the customer's
			got.Addressee = ""
		}
		if difference := cmp.Diff(want, got); difference != "" {
			t.Errorf("read by %s (- as written, + as read):\n%s", by.name, difference)
		}
	}
	expect(reader)
	if reader.call != nil {
		person.Phone = "911"
		reader.call(s, who, person.Phone)
	}
	person.City = "Campinas"
	reader.move(s, who, person.City)
	expect(writer)
	expect(reader)

	for _, door := range []surface{glue, medusa} {
		door.logIn(s, person.Email, apitest.Password).Has(map[string]int{"glue": http.StatusCreated, "medusa": http.StatusOK}[door.name])
		door.logIn(s, person.Email, "not the password").Has(http.StatusUnauthorized)
	}

	// Who is erased in one is gone in all.
	s.Delete("/digital-river/customers/"+who.reference, apitest.AdminKey).Has(http.StatusNoContent)
	s.Get("/customers/"+who.reference, apitest.AdminKey).Has(http.StatusNotFound)
	s.Get("/v1/DE/customers/"+who.number, apitest.AdminKey).Has(http.StatusNotFound)
	s.Get("/digital-river/customers/"+who.reference, apitest.AdminKey).Has(http.StatusNotFound)
	s.Get("/store/customers/me", who.token).Has(http.StatusNotFound)
	for _, door := range []surface{glue, medusa} {
		door.logIn(s, person.Email, apitest.Password).Has(http.StatusUnauthorized)
	}
}
