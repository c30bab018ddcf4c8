package resources_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/clientelehq/clientele/pkg/apitest"
)

func TestPagesAreLinkedAndCountedInHeadersToo(t *testing.T) {
	t.Parallel()
	apitest.Each(t, nil, func(t *testing.T, s *apitest.Service) {
		for _, name := range []string{"a", "b", "c"} {
			s.Register(name + "@example.com")
		}
		const list = "https://shop.example/customers?"
		for path, want := range map[string][2]string{
			"page[number]=2&page[size]=1":                    {"3", `<` + list + `page%5Bnumber%5D=1&page%5Bsize%5D=1>; rel="first", <` + list + `page%5Bnumber%5D=1&page%5Bsize%5D=1>; rel="prev", <` + list + `page%5Bnumber%5D=3&page%5Bsize%5D=1>; rel="next", <` + list + `page%5Bnumber%5D=3&page%5Bsize%5D=1>; rel="last"`},
			"page[offset]=0&page[limit]=2&filter[q]=example": {"3", `<` + list + `filter%5Bq%5D=example&page%5Blimit%5D=2&page%5Boffset%5D=0>; rel="first", <` + list + `filter%5Bq%5D=example&page%5Blimit%5D=2&page%5Boffset%5D=2>; rel="next", <` + list + `filter%5Bq%5D=example&page%5Blimit%5D=2&page%5Boffset%5D=2>; rel="last"`},
			"page[after]=&page[size]=2":                      {"", `<` + list + `page%5Bafter%5D=Mg&page%5Bsize%5D=2>; rel="next"`},
			"page[after]=&page[size]=2&totalCount=true":      {"3", `<` + list + `page%5Bafter%5D=Mg&page%5Bsize%5D=2&totalCount=true>; rel="next"`},
			"page[after]=&page[size]=9&totalCount=false":     {"", ""},
			"page[after]=Mg&page[size]=2&totalCount=true":    {"3", `<` + list + `page%5Bbefore%5D=Mw&page%5Bsize%5D=2&totalCount=true>; rel="prev"`},
		} {
			answer := s.Get("/customers?"+path, apitest.AdminKey).Has(http.StatusOK)
			if got := [2]string{answer.Header.Get("X-Total-Count"), answer.Header.Get("Link")}; got != want {
				t.Errorf("%s: %q, not %q", path, got, want)
			}
			if total := answer.At("meta.total"); (total != nil) != (want[0] != "") || total != nil && fmt.Sprint(total) != want[0] {
				t.Errorf("%s: %v in the document", path, total)
			}
		}
		s.Get("/customers?page[after]=&totalCount=yes", apitest.AdminKey).Fails(http.StatusBadRequest, "- pagination_invalid totalCount")
	})
}
