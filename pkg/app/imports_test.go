package app_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/account"
	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

// everything are customers with all that an export writes, as it writes it.
var everything = strings.Join([]string{
	`{"reference":"DE--2","email":"JDoe@example.com","salutation":"Mr","firstName":"John","lastName":"Doé","fullName":"J. Doé","gender":"Male","dateOfBirth":"1990-01-31","phone":"1","locale":"de-AT","identification":"ID","identificationType":"passport","customerType":"business","note":"Pays <late>","metadata":{"big":12345678901234567890.10,"deep":{"a":[null,true,"<&>"]}},"extra":{"colour":"red"},"providerIds":{"stripe":"cus_1"},"passwordHash":"` + imported["argon2id"] + `","confirmed":true,"enabled":false,"requestToBeForgotten":true,"createdAt":"2018-11-06T08:15:02.123456Z","termsVersion":"3","termsAcceptedAt":"2019-01-01T00:00:00Z","groups":["Gold","Über <20>"],"addresses":[` +
		`{"salutation":"Mr","firstName":"J","lastName":"D","company":"C","address1":"1","address2":"2","address3":"3","houseNumber":"4","floor":"5","locality":"6","zipCode":"7","city":"8","province":"9","iso2Code":"DE","phone":"0","metadata":{"door":1.50},"isDefaultShipping":false,"isDefaultBilling":true},` +
		`{"city":"Bonn","isDefaultShipping":false,"isDefaultBilling":false},{"city":"Köln","isDefaultShipping":true,"isDefaultBilling":false}],"paymentSources":[` +
		`{"provider":"stripe","sourceType":"card","token":"pm_1","brand":"visa","lastFour":"4242","expiryMonth":12,"expiryYear":2034,"holder":"John","state":"pending","metadata":{"a":1.0},"isDefault":false},{"provider":"stripe","sourceType":"card","token":"pm_2","state":"chargeable","isDefault":true}]}`,
	`{"reference":"own-reference","createdAt":"2018-11-06T08:15:02Z"}`,
	`{"reference":"DE--7","email":"guest@example.com","createdAt":"2018-11-06T08:15:02Z","groups":["Gold"],"addresses":[{"city":"Bonn","isDefaultShipping":false,"isDefaultBilling":false},{"city":"Köln","isDefaultShipping":false,"isDefaultBilling":true,"billingOnly":true}]}`,
	`{"reference":"DE--8","email":"guest@example.com","confirmed":true,"createdAt":"2018-11-06T08:15:02Z"}`,
}, "\n") + "\n"

func importLines(t *testing.T, s *apitest.Service, lines string) account.ImportReport {
	t.Helper()
	report, err := s.App.Accounts().Import(t.Context(), strings.NewReader(lines), account.ImportOptions{Bad: func(line int, err error) { t.Errorf("line %d: %v", line, err) }})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func exportLines(t *testing.T, s *apitest.Service, options account.ExportOptions) string {
	t.Helper()
	var lines bytes.Buffer
	if _, err := s.App.Accounts().Export(t.Context(), &lines, options); err != nil {
		t.Fatal(err)
	}
	return lines.String()
}

var withAll = account.ExportOptions{PasswordHashes: true, PaymentSources: true}

// What was imported is exported, byte for byte.
func TestAnExportIsWhatWasImported(t *testing.T) {
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		importLines(t, s, everything)
		if exported := exportLines(t, s, withAll); exported != everything {
			t.Errorf("got\n%s instead of\n%s", exported, everything)
		}
		plain := exportLines(t, s, account.ExportOptions{})
		if strings.Contains(plain, "passwordHash") || strings.Contains(plain, "pm_1") || strings.Contains(plain, "paymentSources") || strings.Count(plain, "\n") != 4 {
			t.Errorf("secrets are in %s", plain)
		}
		again := apitest.New(t, nil) // the other kind of database, in one of two cases
		importLines(t, again, plain)
		if exported := exportLines(t, again, withAll); exported != plain {
			t.Errorf("got\n%s instead of\n%s", exported, plain)
		}
		importLines(t, s, everything) // changes nobody
		if exported := exportLines(t, s, withAll); exported != everything {
			t.Errorf("got\n%s after the second import", exported)
		}
		if requests := s.Get("/erasure-requests", apitest.AdminKey).Body; strings.Contains(string(requests), "DE--2") {
			t.Errorf("an erasure was opened: %s", requests)
		}
	})
}

func TestAnExportOfManyPagesGoesOnWhereItIsTold(t *testing.T) {
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		var lines []string
		for i := range 1203 {
			lines = append(lines, fmt.Sprintf(`{"reference":"DE--%d","email":"c%d@example.com","createdAt":"2018-11-06T08:15:02Z","addresses":[{"city":"%d","isDefaultShipping":true,"isDefaultBilling":true}]}`+"\n", 2*i+1, i, i))
		}
		if report := importLines(t, s, strings.Join(lines, "")); report.Imported != len(lines) {
			t.Errorf("%+v", report)
		}
		if exported := exportLines(t, s, withAll); exported != strings.Join(lines, "") {
			t.Errorf("%d bytes of %d", len(exported), len(strings.Join(lines, "")))
		}
		if rest := exportLines(t, s, account.ExportOptions{After: "DE--1401"}); rest != strings.Join(lines[701:], "") {
			t.Errorf("the rest is %d bytes", len(rest))
		}
		_, err := s.App.Accounts().Export(context.Background(), &bytes.Buffer{}, account.ExportOptions{After: "DE--2"})
		if !errors.Is(err, errors.CustomerNotFound) {
			t.Errorf("after nobody: %v", err)
		}
		// Who was anonymised, and what waits for a guest, are left out.
		for _, change := range []string{
			"UPDATE customers SET anonymized_at = created_at WHERE number = 1",
			"UPDATE customers SET claimed_by = id WHERE number = 3",
		} {
			if _, err := s.App.Accounts().Store.SQL().Exec(change); err != nil {
				t.Fatal(err)
			}
		}
		if exported := exportLines(t, s, withAll); exported != strings.Join(lines[2:], "") {
			t.Errorf("it begins with %.200s", exported)
		}
	})
}

// A bad line costs itself alone, wherever its fault is found, and its fault is told
// without what may be secret.
func TestBadLinesOfAnImportAreLeftOutByThemselves(t *testing.T) {
	const secret = "4242424242424242"
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		importLines(t, s, `{"email":"owner@example.com","passwordHash":"`+imported["argon2id"]+`"}`+"\n"+`{"reference":"own-reference"}`) // numbers 1 and 2
		var lines []string
		for i := range 1500 {
			lines = append(lines, fmt.Sprintf(`{"reference":"DE--%d","email":"c%d@example.com"}`, i+10, i))
		}
		bad := map[int]string{
			1:    `{"reference":"DE--2","email":"number@example.com"}`, // somebody else's number
			2:    `{"email":"owner@example.com","reference":"x","password":"change123"}`,
			3:    `{"reference":"y","passwordHash":"` + imported["argon2id"] + `"}`, // nobody can log in
			4:    `{"firstName":"Nobody"}`,                                          // could not be known again
			5:    `{"reference":"z","paymentSources":[{"provider":"stripe","sourceType":"card","token":"` + secret + `"}]}`,
			6:    `{"reference":"z","paymentSources":[{"provider":"stripe","sourceType":"card","token":"t","expiryMonth":` + secret + `.5}]}`,
			7:    `{"reference":"z","paymentSources":[{"provider":"stripe","sourceType":"card","token":"t","metadata":{"a":"` + secret + `"}}]}`,
			8:    `{"reference":"z","metadata":{"a":"` + strings.Repeat("a", 65536) + `"}}`,
			9:    `{"reference":"z","addresses":[{"metadata":{"a":"` + strings.Repeat("a", 65536) + `"}}]}`,
			10:   `{"reference":"z","termsAcceptedAt":"2019-01-01T00:00:00Z"}`,
			11:   `{"reference":"z","groups":[" "]}`,
			12:   `{"reference":"z","extra":{"a":1}}`,
			13:   "{\"reference\":\"z\",\"note\":\"\xff\"}",
			14:   `{"reference":"z","confirmed":true}`,
			15:   `{"reference":"z"}{}`,
			1100: `{"reference":"DE--1","email":"new@example.com","unknown":1}`,
		}
		for at, line := range bad {
			lines[at-1] = line
		}
		last := 0
		report, err := s.App.Accounts().Import(t.Context(), strings.NewReader(strings.Join(lines, "\n")), account.ImportOptions{Bad: func(line int, err error) {
			if bad[line] == "" || line <= last {
				t.Errorf("line %d after %d: %v", line, last, err)
			}
			if last = line; strings.Contains(err.Error(), secret) {
				t.Errorf("line %d: %v", line, err)
			}
		}})
		if want := (account.ImportReport{Imported: 1500 - len(bad), Bad: len(bad)}); err != nil || report != want {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

// Lines of one file that are the same customer are one.
func TestLinesOfOneBatchKnowOfEachOther(t *testing.T) {
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		hash := imported["argon2id"]
		report := importLines(t, s, strings.Join([]string{
			`{"email":"guest@example.com"}`,
			`{"email":"GUEST@example.com"}`,
			`{"email":"guest@example.com","passwordHash":"` + hash + `"}`, // an account beside the guest
			`{"email":"guest@example.com","passwordHash":"` + hash + `"}`,
			`{"reference":"a"}`,
			`{"reference":"a"}`,
			`{"reference":"b","email":"guest@example.com"}`,
		}, "\n"))
		if want := (account.ImportReport{Imported: 4, Present: 3}); report != want {
			t.Errorf("%+v", report)
		}
	})
}

// Of a list of addresses the last that says so is the default, else the first that does
// not say the contrary.
func TestDefaultsOfAnImport(t *testing.T) {
	s := apitest.Start(t, apitest.Options{Database: storetest.SQLite(t)})
	for i, test := range []struct{ flags, want string }{
		{`{},{}`, "true false"},
		{`{"isDefaultShipping":false},{}`, "false true"},
		{`{"isDefaultShipping":false},{"isDefaultShipping":false}`, "false false"},
		{`{"isDefaultShipping":true},{"isDefaultShipping":true}`, "false true"},
		{`{"isDefaultShipping":true},{}`, "true false"},
		{`{},{"isDefaultShipping":true}`, "false true"},
		{`{"billingOnly":true},{}`, "false true"},
	} {
		reference := fmt.Sprintf("DE--%d", i+1)
		importLines(t, s, `{"reference":"`+reference+`","addresses":[`+test.flags+`]}`)
		found := s.Get("/customers/"+reference+"/addresses", apitest.AdminKey)
		if got := fmt.Sprint(found.At("data.0.attributes.isDefaultShipping"), " ", found.At("data.1.attributes.isDefaultShipping")); got != test.want {
			t.Errorf("%s: %s", test.flags, got)
		}
	}
}
