package resources_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/apitest"
)

// converse sends bytes on a connection of its own, and returns all that came back
// until the server hung up.
func converse(t *testing.T, s *apitest.Service, sent string) string {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(connection, sent)
	if !strings.Contains(sent, "Connection: close") {
		_ = connection.(*net.TCPConn).CloseWrite() // after which the server waits for no other request
	}
	read, err := io.ReadAll(connection)
	if err != nil && len(read) == 0 {
		t.Fatalf("%q: %v", sent, err)
	}
	return string(read)
}

// No name that a request gives its host is in a link, a letter or a header.
func TestNoHostOfARequestIsInALinkOrALetter(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"RATE_LIMITS": "off"})
	customer := s.Register("host@example.com")
	forgotten := apitest.Document("customer-forgotten-password", map[string]any{"email": customer.Email})
	request := func(line, host, body string, headers ...string) string {
		return line + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\nAuthorization: Bearer " + customer.Token + "\r\nContent-Type: application/vnd.api+json\r\n" +
			strings.Join(append(headers, fmt.Sprintf("Content-Length: %d\r\n", len(body))), "\r\n") + "\r\n" + body
	}
	letters := 0
	for name, headers := range map[string][]string{
		"host": nil, "port": nil, "absolute": nil,
		"forwarded":        {"X-Forwarded-Host: evil.example", "X-Forwarded-Proto: javascript", "X-Forwarded-Port: 666", "X-Forwarded-Prefix: /evil.example"},
		"forwarded by RFC": {`Forwarded: host=evil.example;proto=javascript`},
		"others":           {"X-Host: evil.example", "X-Original-URL: http://evil.example/", "X-Rewrite-URL: http://evil.example/", "Referer: http://evil.example/", "Origin: http://evil.example"},
	} {
		host, target := "evil.example", ""
		switch name {
		case "port":
			host = "shop.example:evil.example@666"
		case "absolute":
			target = "http://evil.example"
		}
		for _, asked := range []string{"GET " + target + "/customers/me", "GET " + target + "/customers", "GET " + target + "/customers/me/relationships/addresses", "GET " + target + "/openapi.json", "GET " + target + "/docs", "GET " + target + "/errors"} {
			if answer := converse(t, s, request(asked, host, "", headers...)); strings.Contains(answer, "evil") {
				t.Errorf("%s, %s: %s", name, asked, answer)
			}
		}
		made := converse(t, s, request("POST "+target+"/customers/me/addresses", host, apitest.Address("Berlin"), headers...))
		sent := converse(t, s, request("POST "+target+"/customer-forgotten-password", host, forgotten, headers...))
		if strings.HasPrefix(sent, "HTTP/1.1 204") {
			letters++
		}
		if strings.Contains(made+sent, "evil") || name != "port" && !strings.Contains(made, "\r\nLocation: "+apitest.Base+"/customers/"+customer.Reference+"/addresses/") {
			t.Errorf("%s: %s", name, made+sent)
		}
	}
	all := s.Letters(customer.Email, "restore")
	if strings.Contains(all.Body, "evil") || strings.Count(all.Body, apitest.Base+"/account/restore?token=") < 2*letters || letters < 5 {
		t.Errorf("after %d requests: %s", letters, all.Body)
	}
}

// The database has what a document may say, and nothing else of what it says.
func TestADocumentWritesNoColumnOfItsOwnChoice(t *testing.T) {
	t.Parallel()
	hostile := map[string]any{
		"id": 99, "customerReference": "DE--99", "reference": "DE--99", "customerId": 99, "customer_id": 99, "number": 99, "store": "AT", "isAdmin": true, "roles": []string{"admin"}, "scopes": "write_customers",
		"emailVerified": true, "confirmed": true, "confirmedAt": "2000-01-01", "confirmed_at": "2000-01-01", "active": true, "isActive": true, "registered": true, "status": "active", "hasAccount": true, "loyaltyTier": "gold",
		"emailKey": "x", "email_key": "x", "pendingEmail": "x@example.com", "passwordHash": "x", "password_hash": "x", "credentialVersion": 99, "version": 99, "createdAt": "2000-01-01", "created_at": "2000-01-01", "updatedAt": "2000-01-01",
		"anonymizedAt": "2000-01-01", "anonymized_at": nil, "disabledAt": nil, "enabled": true, "note": "mine", "requestToBeForgotten": true, "fullName": "Eve", "full_name": "Eve", "defaultShippingAddressId": "x", "default_shipping_address_id": "x",
	}
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		s.Post("/customers", "", apitest.Registration("mass@example.com")).Has(201)
		token := s.Login("mass@example.com", apitest.Password)
		address := s.Post("/customers/me/addresses", token, apitest.Address("Berlin")).Has(201).Text("data.id")
		kept := func() any {
			customers, addresses := s.Rows("SELECT * FROM customers"), s.Rows("SELECT * FROM addresses")
			for _, row := range append(customers, addresses...) {
				delete(row, "version")
				delete(row, "updated_at")
			}
			return []any{customers, addresses}
		}
		before := kept()
		s.Patch("/customers/me", token, apitest.Document("customers", hostile)).Has(200)
		s.Patch("/customers/me/addresses/"+address, token, apitest.Document("addresses", hostile)).Has(200)
		s.Patch("/customers/me", token, `{"data":{"type":"customers","attributes":{},"meta":{"enabled":false},"customer_id":9,"passwordHash":"x"},"meta":{"number":9},"passwordHash":"x"}`).Has(200)
		if difference := cmp.Diff(before, kept()); difference != "" {
			t.Errorf("something was written:\n%s", difference)
		}
		registration := map[string]any{"salutation": "Mr", "firstName": "John", "lastName": "Doe", "email": "new@example.com", "password": apitest.Password, "confirmPassword": apitest.Password, "acceptedTerms": true}
		for name, value := range hostile {
			registration[name] = value
		}
		made := s.Post("/customers", "", apitest.Document("customers", registration)).Has(201)
		if made.Text("data.id") != "DE--2" || made.At("data.attributes.active") != false || made.Text("data.attributes.status") != "unconfirmed" || made.Text("data.attributes.fullName") != "John Doe" || strings.HasPrefix(made.Text("data.attributes.createdAt"), "2000") {
			t.Errorf("%s", made.Body)
		}
	})
}

// What a client sends cannot end a line of the log, nor begin one.
func TestEveryLineOfTheLogIsOneOfOurs(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	forged := "\r\n{\"level\":\"fatal\",\"msg\":\"forged\"}\u001b[31m"
	escaped := "%0d%0a%7b%22level%22:%22fatal%22%7d"
	s.Get("/customers/"+escaped, apitest.AdminKey).Has(400)
	s.Get("/nowhere?"+escaped+"="+escaped, apitest.AdminKey)
	s.LogIn("a"+forged+"@example.com", forged).Has(422)
	s.Post("/customers", "", apitest.Document("customers", map[string]any{"email": forged, "firstName": forged, forged: forged}))
	for _, header := range []string{"User-Agent", "X-Request-Id", "X-Forwarded-For", "Referer", "Idempotency-Key"} {
		converse(t, s, "GET /customers HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n"+header+": a\n{\"level\":\"fatal\"}\u001b[31m\r\n\r\n")
		converse(t, s, "GET /customers HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n"+header+": a\t{\"level\":\"fatal\"}\r\n\r\n")
	}
	converse(t, s, "GET{\"level\":\"fatal\"} / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
	lines := 0
	for line := range strings.Lines(s.Log.String()) {
		lines++
		var event struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(line), &event); err != nil || event.Level == "fatal" || event.Msg == "" || event.Msg == "forged" || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\r\u001b") {
			t.Errorf("%v: %s", err, line)
		}
	}
	if lines < 10 {
		t.Errorf("there are only %d lines", lines)
	}
}

// Bytes that two servers could take for different requests are one request here, or
// none.
func TestWhatIsSentIsOneRequestOrNone(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, nil)
	hidden := "GET /hidden HTTP/1.1\r\nHost: shop\r\n\r\n"
	head := "POST /customers HTTP/1.1\r\nHost: shop\r\nContent-Type: application/vnd.api+json\r\n"
	for name, sent := range map[string]string{
		"a length and chunks":         head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"two lengths":                 head + "Content-Length: 0\r\nContent-Length: 40\r\n\r\n" + hidden,
		"a list of lengths":           head + "Content-Length: 0, 40\r\n\r\n" + hidden,
		"a signed length":             head + "Content-Length: +0\r\n\r\n" + hidden,
		"a negative length":           head + "Content-Length: -1\r\n\r\n" + hidden,
		"a length in hexadecimal":     head + "Content-Length: 0x0\r\n\r\n" + hidden,
		"an unknown coding":           head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
		"two codings":                 head + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden,
		"two headers of codings":      head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" + hidden,
		"a coding behind a tab":       head + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + hidden,
		"a blank before the colon":    head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden,
		"a folded header":             head + "Content-Length: 4\r\n 0\r\n\r\n" + hidden,
		"a bare line feed in a chunk": head + "Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\n30\r\nab\r\n0\r\n\r\n" + hidden,
		"a chunk too large":           head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nab\r\n0\r\n\r\n" + hidden,
		"a NUL in a header":           head + "X: a\x00b\r\n\r\n" + hidden,
		"two hosts":                   "GET /customers HTTP/1.1\r\nHost: shop\r\nHost: evil\r\n\r\n" + hidden,
		"no host":                     "GET /customers HTTP/1.1\r\n\r\n" + hidden,
	} {
		answer := converse(t, s, sent)
		if count := strings.Count(answer, "HTTP/1.1 "); count != 1 || !strings.HasPrefix(answer, "HTTP/1.1 4") && !strings.HasPrefix(answer, "HTTP/1.1 501 ") {
			t.Errorf("%s: %d answers: %s", name, count, answer)
		}
	}
	if strings.Contains(s.Log.String(), "/hidden") {
		t.Error("a hidden request was served")
	}
}

// Where a check cannot be made, nobody is let in by its absence, and the answer says
// nothing of why.
func TestWithoutAPlaceToLookNobodyIsLetIn(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"customers", "sessions", "throttles", "audit_events", "api_keys"} {
		t.Run(table, func(t *testing.T) {
			apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
				customer := s.Register("closed@example.com")
				key, err := s.App.Accounts().CreateAPIKey(t.Context(), "all", []string{"write_customers"})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.App.Accounts().Store.SQL().Exec("ALTER TABLE " + table + " RENAME TO hidden"); err != nil {
					t.Fatal(err)
				}
				refused := 0
				for name, answer := range map[string]*apitest.Answer{
					"login":         s.LogIn(customer.Email, customer.Password),
					"a wrong login": s.LogIn(customer.Email, "a-wrong-guess"),
					"OAuth":         s.Form("/token", "grant_type=password&username="+customer.Email+"&password="+customer.Password),
					"refresh":       s.Refresh(customer.Refresh),
					"token":         s.Get("/customers/me", customer.Token),
					"key":           s.Get("/customers", key),
				} {
					if answer.Status >= 500 {
						refused++
					}
					touched := map[string]string{"customers": "login OAuth refresh token key", "sessions": "login OAuth refresh token", "throttles": "login OAuth", "audit_events": "login OAuth", "api_keys": "key"}[table]
					if strings.Contains(touched, name) && answer.Status < 500 {
						t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
					}
					for _, tell := range []string{"hidden", table, "SQL", "sqlite", "pq:", "no such", "does not exist", ".go:", "127.0.0.1", "goroutine"} {
						if answer.Status >= 500 && strings.Contains(answer.Body, tell) {
							t.Errorf("%s: it tells of %q: %s", name, tell, answer.Body)
						}
					}
				}
				if refused == 0 {
					t.Error("nothing needs the table")
				}
			})
		})
	}
}

// A new installation knows nobody, and takes no credential that anybody could guess.
func TestANewInstallationKnowsNobody(t *testing.T) {
	t.Parallel()
	s := apitest.New(t, apitest.Settings{"ADMIN_API_KEY": ""})
	for _, table := range []string{"customers", "sessions", "api_keys", "one_time_keys"} {
		if rows := s.Rows("SELECT * FROM " + table); len(rows) > 0 {
			t.Errorf("%s has %v", table, rows)
		}
	}
	for _, guess := range []string{"admin", "development", "clientele", "clientele_", "secret", apitest.AdminKey, "null", "undefined", "0"} {
		s.Get("/customers", guess).Fails(401, "001 access_token_invalid Authorization")
	}
	for _, user := range []string{"admin@example.com", "admin@localhost.localdomain", "root@example.com"} {
		for _, password := range []string{"admin", "password", "changeme", "development"} {
			if status := s.LogIn(user, password).Status; status != 401 && status != 429 {
				t.Errorf("%s, %s: %d", user, password, status)
			}
		}
	}
}
