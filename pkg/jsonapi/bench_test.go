package jsonapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	google "github.com/google/jsonapi"
)

// shopper has the attributes of a customer of the API, and json tags, so that
// encoding/json can print the same.
type shopper struct {
	ID                 string         `json:"-" jsonapi:"primary,customers"`
	Salutation         *string        `json:"salutation" jsonapi:"attr,salutation"`
	FirstName          *string        `json:"firstName" jsonapi:"attr,firstName"`
	LastName           *string        `json:"lastName" jsonapi:"attr,lastName"`
	Gender             *string        `json:"gender" jsonapi:"attr,gender"`
	DateOfBirth        *string        `json:"dateOfBirth" jsonapi:"attr,dateOfBirth"`
	Email              string         `json:"email" jsonapi:"attr,email"`
	CreatedAt          string         `json:"createdAt" jsonapi:"attr,createdAt"`
	UpdatedAt          string         `json:"updatedAt" jsonapi:"attr,updatedAt"`
	Number             int64          `json:"number" jsonapi:"attr,number"`
	FullName           string         `json:"fullName" jsonapi:"attr,fullName"`
	Phone              *string        `json:"phone" jsonapi:"attr,phone"`
	Locale             *string        `json:"locale" jsonapi:"attr,locale"`
	Identification     *string        `json:"identification" jsonapi:"attr,identification"`
	IdentificationType *string        `json:"identificationType" jsonapi:"attr,identificationType"`
	CustomerType       *string        `json:"customerType" jsonapi:"attr,customerType"`
	Metadata           map[string]any `json:"metadata" jsonapi:"attr,metadata"`
	Extra              map[string]any `json:"extra" jsonapi:"attr,extra"`
	Active             bool           `json:"active" jsonapi:"attr,active"`
	HasAccount         bool           `json:"hasAccount" jsonapi:"attr,hasAccount"`
	Enabled            bool           `json:"enabled" jsonapi:"attr,enabled"`
	Status             string         `json:"status" jsonapi:"attr,status"`

	Addresses []*place `json:"-" jsonapi:"relation,addresses"`
	Home      *place   `json:"-" jsonapi:"relation,home"`
}

func (s *shopper) JSONAPILinks() *Links { return Self("http://localhost:8080/customers/" + s.ID) }

func (s *shopper) JSONAPIRelationshipLinks(relation string) *Links {
	self := "http://localhost:8080/customers/" + s.ID
	return &Links{"self": self + "/relationships/" + relation, "related": self + "/" + relation}
}

func shoppers(n int) []*shopper {
	made := make([]*shopper, n)
	for i := range made {
		home := &place{ID: fmt.Sprintf("3a6ee102-007f-5245-aaec-%012d", i), City: pointer("Berlin")}
		made[i] = &shopper{
			ID: fmt.Sprintf("DE--%d", i), Salutation: pointer("Ms"), FirstName: pointer("Ada"), LastName: pointer("Lovelace"),
			Email: "ada@example.com", CreatedAt: "2018-11-06T08:15:02.694668Z", UpdatedAt: "2018-11-06T08:15:02.694668Z",
			Number: int64(i), FullName: "Ada Lovelace", Metadata: map[string]any{}, Extra: map[string]any{}, Status: "active",
			Active: true, HasAccount: true, Enabled: true, Addresses: []*place{home}, Home: home,
		}
	}
	return made
}

// envelope is what a document costs without any of this package: the same
// members, written out for encoding/json.
type envelope struct {
	Type          string            `json:"type"`
	ID            string            `json:"id"`
	Attributes    *shopper          `json:"attributes"`
	Relationships map[string]any    `json:"relationships"`
	Links         map[string]string `json:"links"`
}

func enveloped(s *shopper) envelope {
	return envelope{"customers", s.ID, s, map[string]any{
		"addresses": map[string]any{"links": s.JSONAPIRelationshipLinks("addresses")},
		"home":      map[string]any{"data": map[string]string{"type": "addresses", "id": s.Home.ID}, "links": s.JSONAPIRelationshipLinks("home")},
	}, map[string]string{"self": "http://localhost:8080/customers/" + s.ID}}
}

func BenchmarkOne(b *testing.B) {
	model := shoppers(1)[0]
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := One(model, View{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("google", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := google.MarshalPayload(&bytes.Buffer{}, model); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(map[string]any{"data": enveloped(model)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkMany100(b *testing.B) {
	models := shoppers(100)
	for name, view := range map[string]View{"ours": {}, "ours-included": {Query: &Query{Include: []string{"addresses"}}}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Many(models, view); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("google", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := google.MarshalPayload(&bytes.Buffer{}, models); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			list := make([]envelope, len(models))
			for i, model := range models {
				list[i] = enveloped(model)
			}
			if _, err := json.Marshal(map[string]any{"data": list}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

var registration = []byte(`{"data":{"type":"customers","attributes":{"salutation":"Mr","firstName":"John","lastName":"Doe","email":"jdoe@example.com",
	"password":"change123","confirmPassword":"change123","acceptedTerms":true}}}`)

func BenchmarkRead(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			document, err := Parse(registration, customers)
			if err == nil {
				err = document.Bind(&profile{})
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Parse(registration, customers); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("google", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := google.UnmarshalPayload(bytes.NewReader(registration), &profile{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkQuery(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseQuery("include=addresses&page[number]=2&filter[email]=a", "customers", shop); err != nil {
			b.Fatal(err)
		}
	}
}

// Times differ from machine to machine; how often memory is asked for does not.
func TestAPageAsksForMemoryNoMoreOftenThanGooglesEncoder(t *testing.T) {
	for _, size := range []int{1, 100} {
		models := shoppers(size)
		ours := testing.AllocsPerRun(10, func() {
			if _, err := Many(models, View{Version: true}); err != nil {
				t.Fatal(err)
			}
		})
		google := testing.AllocsPerRun(10, func() {
			if err := google.MarshalPayload(&bytes.Buffer{}, models); err != nil {
				t.Fatal(err)
			}
		})
		if ours > google {
			t.Errorf("%d resources: %.0f times, google %.0f", size, ours, google)
		}
	}
}
