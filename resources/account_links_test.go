package resources

import "testing"

func TestAPageIsServedForALinkThatLeadsToIt(t *testing.T) {
	t.Parallel()
	const page = "https://shop.example/account/confirm"
	for link, leads := range map[string]bool{
		page + "?token={token}":                                       true,
		page + "?utm_source=mail&token={token}":                       true,
		page + "/{token}":                                             false,
		page + "?key={token}":                                         false,
		page + "?token=x{token}":                                      false,
		page + "#token={token}":                                       false,
		page + "/more?token={token}":                                  false,
		"https://www.shop.example/account/confirm?token={token}":      false,
		"https://shop.example.evil/account/confirm?token={token}":     false,
		"https://shop.example/accounts/account/confirm?token={token}": false,
		"": false,
	} {
		if leadsTo(link, page) != leads {
			t.Errorf("%q: %v", link, !leads)
		}
	}
}
