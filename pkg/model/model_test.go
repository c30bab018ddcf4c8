package model

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestObjectIsTheSameTextHoweverItWasMade(t *testing.T) {
	for want, object := range map[string]JSON{
		`{}`:                            nil,
		`{"a":1,"b":"<&>","c":[{}]}`:    {"c": []any{map[string]any{}}, "b": "<&>", "a": 1},
		`{"a":12345678901234567890.10}`: {"a": json.Number("12345678901234567890.10")},
		`{"\u0000":"\u2028","é":null}`:  {"é": nil, "\x00": "\u2028"},
	} {
		for range 10 {
			got, err := object.Value()
			if err != nil || got != want {
				t.Errorf("%s: %v, %v", want, got, err)
			}
		}
	}
	if got, _ := (JSON{}).Value(); got != "{}" {
		t.Error(got)
	}
	if _, err := (JSON{"a": func() {}}).Value(); err == nil {
		t.Error("a function became text")
	}
}

func TestObjectIsReadAsItWasWritten(t *testing.T) {
	for _, text := range []string{`{}`, `{"a":"<&>","b":{"c":[true,null,"d"]}}`, `{"big":9007199254740993,"exact":1.10}`} {
		for _, stored := range []any{text, []byte(text)} {
			var object JSON
			if err := object.Scan(stored); err != nil {
				t.Fatal(err)
			}
			if got, err := object.Value(); err != nil || got != text {
				t.Errorf("%s was read as %v (%v)", text, got, err)
			}
		}
	}
	object := JSON{"stale": true}
	if err := object.Scan("{}"); err != nil || object == nil || len(object) != 0 {
		t.Errorf("%v, %v", object, err)
	}
	for _, stored := range []any{nil, 7, "", "[]", "{", `"a"`} {
		if err := new(JSON).Scan(stored); err == nil {
			t.Errorf("read %v as an object", stored)
		}
	}
}

func TestStatusIsTheFirstWordThatHolds(t *testing.T) {
	now, hash := time.Now(), "hash"
	for want, c := range map[string]Customer{
		"guest":       {},
		"unconfirmed": {PasswordHash: &hash},
		"active":      {PasswordHash: &hash, ConfirmedAt: &now},
		"disabled":    {PasswordHash: &hash, ConfirmedAt: &now, DisabledAt: &now},
		"anonymized":  {AnonymizedAt: &now, DisabledAt: &now},
	} {
		if got := c.Status(); got != want {
			t.Errorf("%s instead of %s", got, want)
		}
		if live := want != "disabled" && want != "anonymized"; c.Live() != live {
			t.Errorf("%s: live is %t", want, c.Live())
		}
		if c.HasAccount() != (c.PasswordHash != nil) || c.Active() != (c.ConfirmedAt != nil) || c.Enabled() != (c.DisabledAt == nil) {
			t.Errorf("%s: has account %t, active %t, enabled %t", want, c.HasAccount(), c.Active(), c.Enabled())
		}
	}
}

func TestNameIsTheOneTypedOrFirstAndLast(t *testing.T) {
	for want, c := range map[string]Customer{
		"":             {},
		"Ada Lovelace": {FirstName: new("Ada"), LastName: new("Lovelace")},
		"Ada":          {FirstName: new("Ada"), LastName: new("")},
		"Lovelace":     {LastName: new("Lovelace")},
		"Countess":     {FirstName: new("Ada"), FullName: new("Countess")},
	} {
		if got := c.Name(); got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}

func TestVacatedAddressIsNoDefaultAnyMore(t *testing.T) {
	c := Customer{DefaultShippingAddressID: new("a"), DefaultBillingAddressID: new("b")}
	if !c.IsDefaultShipping("a") || c.IsDefaultShipping("b") || !c.IsDefaultBilling("b") || c.IsDefaultBilling("a") {
		t.Error("the wrong address is a default")
	}
	if c.Vacate("c") || !c.Vacate("b") || c.Vacate("b") || c.DefaultBillingAddressID != nil || !c.IsDefaultShipping("a") {
		t.Errorf("%+v", c)
	}
	both := Customer{DefaultShippingAddressID: new("a"), DefaultBillingAddressID: new("a")}
	if !both.Vacate("a") || both.IsDefaultShipping("a") || both.IsDefaultBilling("a") {
		t.Errorf("%+v", both)
	}
}

func TestForgottenCustomersCannotBeTold(t *testing.T) {
	now, before := time.Now(), time.Now().Add(-time.Hour)
	c := Customer{ID: 1, Store: "DE", Number: 2, Reference: "DE--2", Email: "a@example.com", FirstName: new("Ada"), CredentialVersion: 3, DisabledAt: &before, Version: 4, CreatedAt: before, UpdatedAt: before}
	other := c
	c.Forget(now)
	other.Forget(now)
	if c.Email == other.Email || !strings.HasSuffix(c.Email, "@anonymized.invalid") {
		t.Errorf("%s and %s", c.Email, other.Email)
	}
	want := Customer{ID: 1, Store: "DE", Number: 2, Reference: "DE--2", Email: c.Email, Metadata: JSON{}, Extra: JSON{}, ProviderIDs: JSON{}, CredentialVersion: 4, DisabledAt: &before, AnonymizedAt: &now, Version: 4, CreatedAt: before, UpdatedAt: before}
	if difference := cmp.Diff(want, c); difference != "" {
		t.Error(difference)
	}
}
