package app_test

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/clientelehq/clientele/pkg/apitest"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

var crowd = flag.Int("customers", 1_000_000, "how many customers BenchmarkCustomerLists has")

// BenchmarkCustomerLists measures what staff ask of a large store on PostgreSQL,
// request by request in turns, through HTTP:
//
//	first-µs          the first page by cursor, of 20, median
//	×first            the page behind nine tenths of all, over that
//	one-µs            one customer by their reference
//	×one              the same customer by filter[email], over that
//	q-ms, q-p99-ms    filter[q] of three letters, 20 a page, by cursor
//	letter-ms         of one letter
//	growth-MiB        how much memory the process holds more after 2,000 pages of 100 than
//	                  after 100
//
// Run it with -benchtime 1x; -customers sets the size.
func BenchmarkCustomerLists(b *testing.B) {
	url := storetest.Postgres(b)
	s, err := store.Open(b.Context(), store.Config{URL: url})
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	storetest.Crowd(b, s, *crowd)
	b.Logf("%d customers in %.0f s", *crowd, time.Since(began).Seconds())
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	service := apitest.Start(b, apitest.Options{Database: url, Quiet: true})
	took := func(path string, found bool) float64 {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, service.URL+path, nil)
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+apitest.AdminKey)
		began := time.Now()
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		elapsed := time.Since(began)
		if err != nil || response.StatusCode != http.StatusOK || found && !bytes.Contains(body, []byte(`"type":"customers"`)) {
			b.Fatalf("%s: %d %.200s %v", path, response.StatusCode, body, err)
		}
		return float64(elapsed.Microseconds())
	}
	after := func(number int) string {
		return "/customers?page[after]=" + base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(int64(number), 36))) + "&page[size]="
	}
	for b.Loop() {
		times := map[string][]float64{}
		for round := range 300 {
			number := 1 + rand.IntN(*crowd)
			one := fmt.Sprintf("/customers/DE--%d", number)
			email := service.Get(one, apitest.AdminKey).Text("data.attributes.email")
			for name, path := range map[string]string{
				"first": "/customers?page[after]=&page[size]=20", "deep": after(*crowd-*crowd/10+round) + "20",
				"one": one, "email": "/customers?page[after]=&page[size]=1&filter[email]=" + email,
				"q":      "/customers?page[after]=&page[size]=20&filter[q]=" + threeLetters(),
				"letter": "/customers?page[after]=&page[size]=20&filter[q]=" + string("bdkl"[rand.IntN(4)]),
			} {
				times[name] = append(times[name], took(path, name != "q"))
			}
		}
		for name := range times {
			slices.Sort(times[name])
		}
		middle := func(name string) float64 { return times[name][len(times[name])/2] }
		b.ReportMetric(middle("first"), "first-µs")
		b.ReportMetric(middle("deep")/middle("first"), "×first")
		b.ReportMetric(middle("one"), "one-µs")
		b.ReportMetric(middle("email")/middle("one"), "×one")
		b.ReportMetric(middle("q")/1000, "q-ms")
		b.ReportMetric(times["q"][len(times["q"])*99/100]/1000, "q-p99-ms")
		b.ReportMetric(middle("letter")/1000, "letter-ms")
		b.ReportMetric(growth(func(page int) { took(after(page*100)+"100", true) }), "growth-MiB")
	}
}

// threeLetters are a part of a name, or of none.
func threeLetters() string {
	const consonants, vowels = "bdklxm", "aeiou"
	return string([]byte{consonants[rand.IntN(len(consonants))], vowels[rand.IntN(len(vowels))], consonants[rand.IntN(len(consonants))]})
}

func growth(read func(page int)) float64 {
	var few, many runtime.MemStats
	pages := min(2000, *crowd/100-1)
	for page := range pages {
		if page == pages/20 {
			runtime.ReadMemStats(&few)
		}
		read(page)
	}
	runtime.ReadMemStats(&many)
	return (float64(many.Sys) - float64(few.Sys)) / (1 << 20)
}
