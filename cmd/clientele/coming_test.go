package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// What the README says about coming from another shop system is done here as it stands
// there: its queries and scripts are taken from its text.

// The tables of Medusa 1.20 as far as the query reads them. Passwords are those of
// stored_test.go in pkg/password.
const medusaShop = `
	CREATE TABLE customer (id varchar PRIMARY KEY, email varchar NOT NULL, first_name varchar, last_name varchar, billing_address_id varchar, password_hash varchar,
	            phone varchar, has_account boolean NOT NULL DEFAULT false, metadata jsonb, created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz,
	            UNIQUE (email, has_account));
	CREATE TABLE address (id varchar PRIMARY KEY, customer_id varchar, company varchar, first_name varchar, last_name varchar, address_1 varchar, address_2 varchar,
	            city varchar, country_code varchar, province varchar, postal_code varchar, phone varchar, metadata jsonb, created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
	CREATE TABLE customer_group (id varchar PRIMARY KEY, name varchar NOT NULL UNIQUE, deleted_at timestamptz);
	CREATE TABLE customer_group_customers (customer_group_id varchar, customer_id varchar);
	INSERT INTO customer VALUES
		('cus_01G2SG30J8C85S4A5CHM2S1NS2', 'tony@stark.com', 'Tony', 'Stark', 'addr_typed', 'c2NyeXB0AAoAAAAIAAAAAY55IiKpmmhn1tN/jDFrWVecSBsZb8asur80ZFCVIYv+xXCs9oyld+G+LwVyZ+YWKEFmITqWGiqN2Hvrsf0QiOD0NfuXnJyzQvNTz9iuprh6',
		 '4242424242', true, '{"car":"white\nwith \"stripes\""}', '2020-12-11T17:03:54.458Z', NULL),
		('cus_guest', 'tony@stark.com', NULL, NULL, NULL, NULL, NULL, false, NULL, '2020-12-12T00:00:00Z', NULL),
		('cus_saved', 'cafe@shop.example', '', NULL, 'addr_saved', 'c2NyeXB0AAoAAAAIAAAAAhhK3wvIlOJzWhsmHWmWB5hzU/ylUTxTwXk5H+XB2TAhajoV+9z7qpmGuINnu1fgzrpN8AE1mO5EPRP+LBQsb7AnOPi5i442Xu3G4NyZO9WC', NULL, true, NULL, '2021-01-01T00:00:00Z', NULL),
		('cus_gone', 'gone@shop.example', 'Gone', NULL, NULL, NULL, NULL, false, NULL, '2021-01-01T00:00:00Z', now());
	INSERT INTO address VALUES
		('addr_typed', NULL, 'Stark Industries', 'Pepper', 'Potts', 'Hollywood Boulevard 1', NULL, 'Los Angeles', 'us', 'CA', '90046', NULL, NULL, '2020-01-01', NULL),
		('addr_first', 'cus_01G2SG30J8C85S4A5CHM2S1NS2', NULL, 'Tony', 'Stark', 'Malibu Point 10880', '', 'Malibu', 'us', 'CA', '90265', '1', '{"gate":3}', '2020-02-01', NULL),
		('addr_second', 'cus_01G2SG30J8C85S4A5CHM2S1NS2', NULL, NULL, NULL, 'Tower', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2020-03-01', NULL),
		('addr_gone', 'cus_01G2SG30J8C85S4A5CHM2S1NS2', NULL, NULL, NULL, 'Gone', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2020-01-01', now()),
		('addr_saved', 'cus_saved', NULL, 'A', 'B', 'C 1', NULL, 'Bonn', 'de', NULL, '53111', NULL, NULL, '2020-01-01', NULL);
	INSERT INTO customer_group VALUES ('cgrp_1', 'Gold', NULL), ('cgrp_2', 'Former', now());
	INSERT INTO customer_group_customers VALUES ('cgrp_1', 'cus_01G2SG30J8C85S4A5CHM2S1NS2'), ('cgrp_2', 'cus_01G2SG30J8C85S4A5CHM2S1NS2')`

func TestACustomerOfMedusaLogsInWithTheOldPassword(t *testing.T) {
	shop := shopWith(t, medusaShop)
	storetest.Each(t, func(t *testing.T, database string) {
		imports(t, database, lines(t, shop, only(t, fenced(t, "### Medusa", "sql"))), 3)
		s := apitest.Start(t, apitest.Options{Database: database, Settings: apitest.Settings{"DIALECTS": "medusa"}})
		const saved = `"shipping_addresses":[
			{"id":"<text>","created_at":"<text>","updated_at":"<text>","deleted_at":null,"customer_id":"cus_01G2SG30J8C85S4A5CHM2S1NS2","company":null,"first_name":"Tony","last_name":"Stark",
			 "address_1":"Malibu Point 10880","address_2":"","city":"Malibu","country_code":"us","province":"CA","postal_code":"90265","phone":"1","metadata":{"gate":3}},
			{"id":"<text>","created_at":"<text>","updated_at":"<text>","deleted_at":null,"customer_id":"cus_01G2SG30J8C85S4A5CHM2S1NS2","company":null,"first_name":null,"last_name":null,
			 "address_1":"Tower","address_2":null,"city":null,"country_code":null,"province":null,"postal_code":null,"phone":null,"metadata":null}]`
		login := s.Post("/store/auth", "", `{"email":"tony@stark.com","password":"supersecret"}`).Is(http.StatusOK, `{"customer":{"id":"cus_01G2SG30J8C85S4A5CHM2S1NS2",
			"created_at":"2020-12-11T17:03:54.458Z","updated_at":"<text>","deleted_at":null,"email":"tony@stark.com","first_name":"Tony","last_name":"Stark","billing_address_id":"<text>",
			"phone":"4242424242","has_account":true,"metadata":{"car":"white\nwith \"stripes\""},"orders":[],`+saved+`}}`)
		cookie, _, _ := strings.Cut(login.Header.Get("Set-Cookie"), ";")
		me := s.Do(apitest.Request{Method: http.MethodGet, Path: "/store/customers/me", Header: map[string]string{"Cookie": cookie}}).Has(http.StatusOK)
		if me.Text("customer.billing_address.first_name") != "Pepper" || me.At("customer.billing_address.customer_id") != nil {
			t.Errorf("the billing address is another: %s", me.Body)
		}
		s.Post("/store/auth", "", `{"email":"tony@stark.com","password":"supersecret2"}`).Has(http.StatusUnauthorized)
		s.Post("/store/auth", "", `{"email":"cafe@shop.example","password":"café 12345"}`).Has(http.StatusOK)

		known := s.Get("/customers/cus_01G2SG30J8C85S4A5CHM2S1NS2?include=groups,defaultShippingAddress", apitest.AdminKey).Has(http.StatusOK).Body
		if !strings.Contains(known, `"name":"Gold"`) || strings.Contains(known, "Former") || !strings.Contains(known, `"address1":"Malibu Point 10880"`) {
			t.Errorf("groups or the place that goods go to are others: %s", known)
		}
		if guest := s.Get("/customers/cus_guest", apitest.AdminKey).Has(http.StatusOK); guest.At("data.attributes.hasAccount") != false || guest.Text("data.attributes.email") != "tony@stark.com" {
			t.Errorf("got %s", guest.Body)
		}
		s.Get("/customers/cus_gone", apitest.AdminKey).Has(http.StatusNotFound)
	})
}

// The tables of Spryker's module Customer and of those that it needs.
const sprykerShop = `
	CREATE TABLE spy_country (id_country integer PRIMARY KEY, iso2_code varchar(2) NOT NULL);
	CREATE TABLE spy_locale (id_locale integer PRIMARY KEY, locale_name varchar(5) NOT NULL);
	CREATE TABLE spy_customer (id_customer integer PRIMARY KEY, fk_locale integer, customer_reference varchar(255) NOT NULL, email varchar(255) NOT NULL, salutation int2,
	            first_name varchar(100), last_name varchar(100), company varchar(100), gender int2, date_of_birth date, password varchar(255), registered date,
	            default_billing_address integer, default_shipping_address integer, phone varchar(255), anonymized_at timestamp, created_at timestamp);
	CREATE TABLE spy_customer_address (id_customer_address integer PRIMARY KEY, fk_customer integer NOT NULL, fk_country integer NOT NULL, salutation int2,
	            first_name varchar(100) NOT NULL, last_name varchar(100) NOT NULL, address1 varchar(255), address2 varchar(255), address3 varchar(255), company varchar(255),
	            city varchar(255), zip_code varchar(15), phone varchar(255), deleted_at timestamp, anonymized_at timestamp);
	INSERT INTO spy_country VALUES (60, 'DE'), (65, 'AT');
	INSERT INTO spy_locale VALUES (66, 'de_DE');
	INSERT INTO spy_customer VALUES
		(1, 66, 'DE--25', 'sonia@spryker.com', 3, 'Sonia', 'Wagner', NULL, 1, '1985-11-06', '$2y$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i', '2018-11-06', 2, 3, '0049', NULL, '2018-11-06 08:15:02'),
		(2, NULL, 'DE--26', 'late@spryker.com', 4, 'Late', 'Comer', NULL, NULL, NULL, '$2y$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i', NULL, NULL, NULL, NULL, NULL, '2018-11-07 08:15:02'),
		(3, NULL, 'DE--27', 'guest@spryker.com', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2018-11-08 08:15:02'),
		(4, NULL, 'DE--28', 'anonymous', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2020-01-01', '2018-11-09 08:15:02');
	INSERT INTO spy_customer_address VALUES
		(1, 1, 60, 3, 'Sonia', 'Gone', 'Gone', '1', NULL, NULL, 'Berlin', '10115', NULL, '2020-01-01', NULL),
		(2, 1, 60, 3, 'Sonia', 'Wagner', 'Kirncher Str.', '7', 'Hinterhaus', 'Spryker', 'Berlin', '10247', '1', NULL, NULL),
		(3, 1, 65, NULL, 'Sonia', 'Wagner', 'Ring', '8', '', NULL, 'Wien', '1010', NULL, NULL, NULL),
		(4, 1, 60, 3, 'Sonia', 'Anonymous', 'Gone', '1', NULL, NULL, 'Berlin', '10115', NULL, NULL, '2020-01-01'),
		(5, 2, 60, 0, 'Late', 'Comer', 'Ring', '8', '', NULL, 'Bonn', '53111', NULL, NULL, NULL)`

func TestACustomerOfSprykerLogsInWithTheOldPassword(t *testing.T) {
	shop := shopWith(t, sprykerShop)
	storetest.Each(t, func(t *testing.T, database string) {
		imports(t, database, lines(t, shop, only(t, fenced(t, "### Spryker", "sql"))), 3)
		s := apitest.Start(t, apitest.Options{Database: database, Settings: apitest.Preset(t, "glue")})
		token := s.LogIn("sonia@spryker.com", "abc").Has(http.StatusCreated).Text("data.attributes.accessToken")
		s.LogIn("sonia@spryker.com", "abcd").Has(http.StatusUnauthorized)
		s.LogIn("late@spryker.com", "abc").Has(http.StatusUnauthorized) // has never confirmed the address
		profile := s.Get("/customers/DE--25", token).Has(http.StatusOK)
		for path, want := range map[string]any{"id": "DE--25", "attributes.salutation": "Ms", "attributes.gender": "Female", "attributes.firstName": "Sonia", "attributes.dateOfBirth": "1985-11-06",
			"attributes.phone": "0049", "attributes.locale": "de-DE", "attributes.createdAt": "2018-11-06 08:15:02.000000"} {
			if got := profile.At("data." + path); got != want {
				t.Errorf("%s is %v, not %v", path, got, want)
			}
		}
		addresses := s.Get("/customers/DE--25/addresses", token).Has(http.StatusOK)
		for i, want := range []map[string]any{
			{"salutation": "Ms", "address1": "Kirncher Str.", "address2": "7", "address3": "Hinterhaus", "company": "Spryker", "zipCode": "10247", "city": "Berlin", "iso2Code": "DE", "phone": "1", "isDefaultShipping": false, "isDefaultBilling": true},
			{"salutation": nil, "address1": "Ring", "address2": "8", "zipCode": "1010", "city": "Wien", "iso2Code": "AT", "isDefaultShipping": true, "isDefaultBilling": false},
		} {
			for name, value := range want {
				if got := addresses.At(fmt.Sprintf("data.%d.attributes.%s", i, name)); got != value {
					t.Errorf("%s of address %d is %v, not %v", name, i, got, value)
				}
			}
		}
		if addresses.At("data.2") != nil {
			t.Errorf("an address that was deleted is there: %s", addresses.Body)
		}
		if late := s.Get("/customers/DE--26/addresses", apitest.AdminKey).Has(http.StatusOK); late.At("data.0.attributes.isDefaultShipping") != false {
			t.Errorf("nobody chose a default: %s", late.Body)
		}
		if next := s.Post("/customers", "", apitest.Registration("new@spryker.com")).Has(http.StatusCreated).Text("data.id"); next != "DE--28" {
			t.Errorf("the next reference is %s", next)
		}
	})
}

// crowded fills more than a page of either list, with customers of whom little is known.
func crowded() string {
	all := strings.Builder{}
	for i := range 205 {
		fmt.Fprintf(&all, `{"reference":"DE--%d","firstName":"Nobody","createdAt":"2013-01-01T00:%02d:%02dZ"}`+"\n", i+1, i/60, i%60)
	}
	return all.String()
}

func TestCustomersOfTiendanubeComeAlong(t *testing.T) {
	old := oldShop(t, crowded())
	for _, customer := range []string{
		`{"name":"John van Doe","email":"john.doe@example.com","phone":"911","identification":"28776255670","note":"VIP","extra":{"gender":"male"},
		  "addresses":[{"address":"Evergreen Terrace","number":"742","floor":"1","locality":"Morumbi","zipcode":"97475","city":"Springfield","province":"Oregon","country":"US","phone":"555"},{"city":"São Paulo","country":"BR"}]}`,
		`{"name":"Zé","email":"ze@example.com","password":"mysupersecretpassword","addresses":[{"city":"São Paulo","country":"BR"}],"billing_address":"Rua","billing_city":"Rio","billing_country":"BR"}`,
		`{"name":"Paga Aqui","email":"paga@example.com","addresses":[{"city":"Rio","country":"BR"}]}`,
	} {
		made := old.Do(apitest.Request{Method: http.MethodPost, Path: "/v1/DE/customers", Body: customer, Token: apitest.AdminKey}).Has(http.StatusCreated)
		if made.Text("name") == "Paga Aqui" { // an address that goods and invoices go to
			reference := fmt.Sprintf("DE--%v", made.At("id"))
			address := old.Get("/customers/"+reference+"/addresses", apitest.AdminKey).Text("data.0.id")
			old.Patch("/customers/"+reference+"/addresses/"+address, apitest.AdminKey, apitest.Document("addresses", map[string]any{"isDefaultBilling": true, "address1": "Praia"})).Has(http.StatusOK)
		}
	}
	list := func(s *apitest.Service) (all []any) {
		for page := 1; page < 3; page++ {
			all = append(all, s.Get(fmt.Sprintf("/v1/DE/customers?per_page=200&page=%d", page), apitest.AdminKey).Has(http.StatusOK).JSON().([]any)...)
		}
		return all
	}
	folder := runs(t, only(t, fenced(t, "### Tiendanube", "sh")), "TIENDANUBE="+old.URL+"/v1/DE")
	arrived(t, folder, 208, old, list)
}

func TestCustomersOfDigitalRiverComeAlong(t *testing.T) {
	old := oldShop(t, crowded())
	for _, customer := range []string{
		`{"id":"5823594808","email":"customer@example.com","locale":"en_US","type":"individual","metadata":{"level":3}}`,
		`{"email":"ship@example.com","type":"business","enabled":false,"shipping":{"name":"Jane van Doe","phone":"1","email":"goods@example.com","organization":"Doe Ltd",
		  "address":{"line1":"1 Main Street","line2":"4th floor","city":"Minnetonka","postalCode":"55343","state":"MN","country":"US"},"additionalAddressInfo":{"neighborhood":"North","gate":"B"}}}`,
	} {
		old.Do(apitest.Request{Method: http.MethodPost, Path: "/digital-river/customers", Body: customer, Token: apitest.AdminKey}).Has(http.StatusCreated)
	}
	list := func(s *apitest.Service) (all []any) {
		for path := "/digital-river/customers?limit=100"; path != ""; {
			page := s.Get(path, apitest.AdminKey).Has(http.StatusOK).JSON().(map[string]any)
			customers := page["data"].([]any)
			all, path = append(all, customers...), ""
			if page["hasMore"] == true {
				path = "/digital-river/customers?limit=100&startingAfter=" + customers[len(customers)-1].(map[string]any)["id"].(string)
			}
		}
		return all
	}
	folder := runs(t, only(t, fenced(t, "### Digital River", "sh")), "DIGITAL_RIVER="+old.URL+"/digital-river")
	arrived(t, folder, 207, old, list)
}

// arrived imports what a script has left in a folder, compares what a dialect lists, and
// invites everybody as the README says.
func arrived(t *testing.T, folder string, customers int, old *apitest.Service, list func(*apitest.Service) []any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "customers.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	invite := fenced(t, "## Coming from another shop system", "sh")[1]
	storetest.Each(t, func(t *testing.T, database string) {
		imports(t, database, string(text), customers)
		s := apitest.Start(t, apitest.Options{Database: database, Settings: apitest.Settings{"DIALECTS": "tiendanube,digital-river"}})
		was, is := list(old.In(t)), list(s)
		if len(was) != customers || len(is) != customers {
			t.Fatalf("%d were there, %d are", len(was), len(is))
		}
		for i := range was {
			if a, b := lasting(was[i]), lasting(is[i]); !reflect.DeepEqual(a, b) {
				t.Errorf("was %v\n is %v", a, b)
			}
		}
		shell(t, folder, invite, "API="+s.URL, "KEY="+apitest.AdminKey)
		for _, one := range is {
			email, _ := one.(map[string]any)["email"].(string)
			if email == "" || one.(map[string]any)["enabled"] == false {
				continue
			}
			s.Post("/customer-invitation-acceptance", "", apitest.Document("customer-invitation-acceptance", map[string]any{
				"invitationKey": s.MailedKey(email, "invitation"), "password": apitest.Password, "confirmPassword": apitest.Password, "acceptedTerms": true,
			})).Has(http.StatusNoContent)
			s.LogIn(email, apitest.Password).Has(http.StatusCreated)
		}
	})
}

// lasting leaves out of a customer what a move changes: times of changes, and ids of
// addresses.
func lasting(customer any) any {
	shown := customer.(map[string]any)
	delete(shown, "updated_at")
	delete(shown, "updatedTime")
	addresses, _ := shown["addresses"].([]any)
	for _, address := range append(addresses, shown["default_address"]) {
		if place, is := address.(map[string]any); is {
			delete(place, "id")
			delete(place, "created_at")
			delete(place, "updated_at")
		}
	}
	return shown
}

// oldShop serves customers in the dialects of those whose place it takes. What it
// calls itself in links is where it can be reached.
func oldShop(t *testing.T, customers string) *apitest.Service {
	t.Helper()
	var target *url.URL
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}).ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	database := storetest.SQLite(t)
	imports(t, database, customers, strings.Count(customers, "\n"))
	s := apitest.Start(t, apitest.Options{Database: database, Settings: apitest.Settings{"DIALECTS": "tiendanube,digital-river", "PUBLIC_URL": front.URL}})
	target, _ = url.Parse(s.URL)
	reached := *s
	reached.URL = front.URL
	return &reached
}

// runs runs a script of the README in a folder of its own, which it returns.
func runs(t *testing.T, script string, environ ...string) string {
	t.Helper()
	folder := t.TempDir()
	shell(t, folder, script, append(environ, "TOKEN="+apitest.AdminKey)...)
	return folder
}

// shell runs a script that has nothing to say. Where jq is not installed, what speaks the
// same language takes its place.
func shell(t *testing.T, folder, script string, environ ...string) {
	t.Helper()
	if _, err := exec.LookPath("jq"); err != nil {
		tools := t.TempDir()
		made := exec.CommandContext(t.Context(), "go", "build", "-modfile=../../.ci/tools.mod", "-o", filepath.Join(tools, "jq"), "github.com/itchyny/gojq/cmd/gojq")
		if printed, err := made.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, printed)
		}
		environ = append(environ, "PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	command := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-c", script)
	command.Dir, command.Env = folder, append(os.Environ(), environ...)
	if printed, err := command.CombinedOutput(); err != nil || len(printed) > 0 {
		t.Fatalf("%v: %s", err, printed)
	}
}

// shopWith returns the URL of a PostgreSQL database in which a shop's tables are.
func shopWith(t *testing.T, tables string) string {
	t.Helper()
	url := storetest.Postgres(t)
	database, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	if _, err := database.ExecContext(t.Context(), tables); err != nil {
		t.Fatal(err)
	}
	return url
}

// lines returns the rows of a query, of one column, as lines.
func lines(t *testing.T, url, query string) string {
	t.Helper()
	database, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	rows, err := database.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all strings.Builder
	for rows.Next() {
		var line json.RawMessage
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all.Write(append(line, '\n'))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// imports imports lines, all of which have to be good and new.
func imports(t *testing.T, database, lines string, customers int) {
	t.Helper()
	got := execute(t, lines, []string{"CLIENTELE_DATABASE_URL=" + database, "CLIENTELE_LOG_LEVEL=error"}, "import", "-")
	if got.err != nil || !strings.HasSuffix(got.stderr, fmt.Sprintf("%d imported, 0 there already, 0 bad\n", customers)) {
		t.Fatalf("%v: %s\n%s", got.err, got.stderr, lines)
	}
}

// fenced returns what stands in the README between fences of a language, from a heading
// to the next.
func fenced(t *testing.T, heading, language string) (blocks []string) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(readme), "\n"+heading)
	if !found {
		t.Fatalf("the README has no %q", heading)
	}
	if next := regexp.MustCompile(`(?m)^##`).FindStringIndex(section); next != nil {
		section = section[:next[0]]
	}
	for _, block := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(section, -1) {
		blocks = append(blocks, block[1])
	}
	return blocks
}

// only returns the one block that there has to be.
func only(t *testing.T, blocks []string) string {
	t.Helper()
	if len(blocks) != 1 {
		t.Fatalf("the README has %d blocks there", len(blocks))
	}
	return blocks[0]
}
