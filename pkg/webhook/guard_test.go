package webhook_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/clientelehq/clientele/pkg/webhook"
)

// resolver answers that every name stands for these addresses, commas between
// them. There is one such list a lookup, and the last one stays.
func resolver(t *testing.T, lookups ...string) *net.Resolver {
	var lock sync.Mutex
	asked := map[dnsmessage.Type]int{}
	answer := func(kind dnsmessage.Type) string {
		lock.Lock()
		defer lock.Unlock()
		turn := min(asked[kind], len(lookups)-1)
		asked[kind]++
		return lookups[turn]
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		t.Cleanup(func() { _ = ours.Close() })
		go serveDNS(ours, answer)
		return theirs, nil
	}}
}

// serveDNS speaks as over TCP, a length before each message (RFC 1035, section
// 4.2.2), for a pipe is no socket of packets.
func serveDNS(conn net.Conn, answer func(dnsmessage.Type) string) {
	defer conn.Close()
	for {
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		packet := make([]byte, length)
		var message dnsmessage.Message
		if _, err := io.ReadFull(conn, packet); err != nil || message.Unpack(packet) != nil {
			return
		}
		question := message.Questions[0]
		message.Response, message.Authoritative, message.Additionals = true, true, nil
		for text := range strings.SplitSeq(answer(question.Type), ",") {
			var body dnsmessage.ResourceBody
			address, err := netip.ParseAddr(text)
			switch {
			case err != nil:
				continue
			case address.Is4() && question.Type == dnsmessage.TypeA:
				body = &dnsmessage.AResource{A: address.As4()}
			case address.Is6() && question.Type == dnsmessage.TypeAAAA:
				body = &dnsmessage.AAAAResource{AAAA: address.As16()}
			default:
				continue
			}
			message.Answers = append(message.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET},
				Body:   body,
			})
		}
		packet, err := message.Pack()
		if err != nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...)); err != nil {
			return
		}
	}
}

// specials are addresses at both ends of what is no plain part of the
// Internet, and the spellings of IPv4 addresses within IPv6.
var specials = []string{
	"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
	"127.0.0.1", "127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.169.254", "169.254.255.255",
	"172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.1", "192.31.196.1", "192.52.193.1",
	"192.88.99.1", "192.168.0.0", "192.168.255.255", "192.175.48.1", "198.18.0.0", "198.19.255.255",
	"198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.0", "255.255.255.255",
	"::", "::1", "::7f00:1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::ffff:0:10.0.0.1",
	"64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "100::1", "1fff:ffff::1",
	"2001::1", "2001:0:808:808::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:a00:1::1", "2002:808:808::1",
	"2620:4f:8000::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fdff:ffff::1",
	"fe80::1", "febf:ffff::1", "fec0::1", "feff:ffff::1", "ff02::1", "ff0e::1",
}

// publics lie next to them.
var publics = []string{
	"1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
	"168.63.129.15", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255",
	"192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "223.255.255.255", "::ffff:8.8.8.8",
	"2000::1", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1", "3ffe:ffff::1",
}

func urlOf(address string) string {
	if strings.Contains(address, ":") {
		address = "[" + address + "]"
	}
	return "https://" + address + "/hook"
}

func TestOnlyPublicAddressesMayBeRegistered(t *testing.T) {
	for _, address := range specials {
		if webhook.CheckURL(urlOf(address), false) == nil {
			t.Errorf("%s may be registered", address)
		}
	}
	for _, address := range publics {
		if err := webhook.CheckURL(urlOf(address), false); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestURLHasToBeOfAHostOutside(t *testing.T) {
	const (
		scheme   = "has to begin with https://"
		inside   = "must not lead to a private or special address"
		label    = "has to have a host of letters, digits, - and _; other names are written as xn--"
		number   = "has to write an address as four decimal numbers, or in brackets"
		neighbor = "has to have the full name of a host"
		port     = "has to have a port of 1 to 65535, or none"
	)
	for url, want := range map[string]string{
		"https://shop.example":                     "",
		"HTTPS://Hooks.Shop.Example./a/b?c=d":      "",
		"https://hooks_1.shop.example:8443/":       "",
		"https://xn--bcher-kva.example":            "",
		"https://localhost.shop.example":           "",
		"https://mylocalhost.example":              "",
		"https://10.0.0.1.nip.example":             "",
		"https://shop.example/?to=http://10.0.0.1": "",

		"":                                   scheme,
		"//shop.example":                     scheme,
		"shop.example":                       scheme,
		"http://shop.example":                scheme,
		"http://127.0.0.1":                   scheme,
		"ftp://shop.example":                 scheme,
		"file:///etc/passwd":                 scheme,
		"gopher://127.0.0.1":                 scheme,
		"https:":                             "has to name a host",
		"https:shop.example":                 "has to name a host",
		"https:///path":                      "has to name a host",
		"https://:443":                       "has to name a host",
		"https://shop.example:0":             port,
		"https://shop.example:65536":         port,
		"https://shop.example:4 3":           "is not a URL",
		"https://shop.example:http":          "is not a URL",
		" https://shop.example":              "is not a URL",
		"https://shop.example\r\nHost: a":    "is not a URL",
		"https://%31%30.0.0.1":               "is not a URL",
		"https://[::1":                       "is not a URL",
		"https://user@shop.example":          "must not hold a user or password",
		"https://user:pass@shop.example":     "must not hold a user or password",
		"https://@shop.example":              "must not hold a user or password",
		"https://shop.example@127.0.0.1":     "must not hold a user or password",
		"https://shop.example#a":             "must not hold a fragment",
		"https://shop.example/#":             "must not hold a fragment",
		"https://127.0.0.1":                  inside,
		"https://127.0.0.1:8443/hook":        inside,
		"https://169.254.169.254":            inside,
		"https://[::1]":                      inside,
		"https://[::ffff:10.0.0.1]":          inside,
		"https://[::ffff:7f00:1]":            inside,
		"https://[0:0:0:0:0:ffff:127.0.0.1]": inside,
		"https://[fe80::1%25eth0]":           inside,
		"https://[::1%25lo]":                 inside,
		"https://[fd00::1%25eth0]":           inside,
		"https://[2606:4700::1%25eth0]":      inside,
		"https://localhost":                  inside,
		"https://localhost.":                 inside,
		"https://LocalHost:8443":             inside,
		"https://a.localhost":                inside,
		"https://a.localhost.":               inside,
		"https://printer.local":              inside,
		"https://metadata.google.internal":   inside,
		"https://metadata.google.internal.":  inside,
		"https://router.home.arpa":           inside,
		"https://2130706433":                 number,
		"https://0":                          number,
		"https://0x7f000001":                 number,
		"https://0x7f.1":                     number,
		"https://0X7F.0X1":                   number,
		"https://0x":                         number,
		"https://127.1":                      number,
		"https://127.0.1":                    number,
		"https://0177.0.0.1":                 number,
		"https://127.0.0.01":                 number,
		"https://127.0.0.1.":                 number,
		"https://10.0.0.256":                 number,
		"https://1.2.3.4.5":                  number,
		"https://shop.1":                     number,
		"https://postgres":                   neighbor,
		"https://postgres.":                  neighbor,
		"https://localhost..":                label,
		"https://.":                          label,
		"https://.localhost":                 label,
		"https://shop..example":              label,
		"https://bücher.example":             label,
		"https://１２７.０.０.１":                  label,
		"https://①②⑦.0.0.1":                  label,
		"https://127。0。0。1":                  label,
		"https://localhost%E3%80%82":         label,
		"https://a*b.example":                label,
		"https://a!b.example":                label,
	} {
		got := ""
		if err := webhook.CheckURL(url, false); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
}

func TestDevelopmentMayCallItsNeighbours(t *testing.T) {
	for url, allowed := range map[string]bool{
		"http://localhost:8080":     true,
		"https://localhost":         true,
		"http://receiver:8080":      true,
		"http://127.0.0.1":          true,
		"http://10.1.2.3":           true,
		"http://172.17.0.1":         true,
		"http://192.168.1.1":        true,
		"http://[::1]:8080":         true,
		"http://[fd00::1]":          true,
		"http://[::ffff:127.0.0.1]": true,
		"http://shop.example":       true,

		"ftp://localhost":                 false,
		"http://user@localhost":           false,
		"http://localhost/#a":             false,
		"http://0x7f.1":                   false,
		"http://0.0.0.0":                  false,
		"http://169.254.169.254":          false,
		"http://100.64.0.1":               false,
		"http://[64:ff9b::7f00:1]":        false,
		"http://[2002:7f00:1::]":          false,
		"http://[::ffff:169.254.169.254]": false,
	} {
		if err := webhook.CheckURL(url, true); (err == nil) != allowed {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// A secure client has no way to the servers of these tests. That they would be
// reached but for the guard is seen by the same deliveries in development.
func TestForbiddenURLIsNotConnectedTo(t *testing.T) {
	server := listen(t, "127.0.0.1:0", closeAtOnce)
	client := &webhook.Client{Resolver: resolver(t, "127.0.0.1")}
	t.Cleanup(client.Close)
	for _, host := range []string{
		"127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0x7f.1", "0x7f000001", "127.1", "0177.0.0.1", "0.0.0.0",
		"localhost", "localhost.", "a.localhost", "a.local", "a.internal", "postgres", "user@127.0.0.1", "shop.example", "shop.example.",
	} {
		for _, scheme := range []string{"http://", "https://"} {
			result := send(t, client, delivery(t, scheme+host+":"+server.port()))
			if result != (webhook.Result{Outcome: webhook.Forbidden}) {
				t.Errorf("%s%s: %v", scheme, host, result)
			}
		}
	}
	server.wantUntouched(t)

	for _, host := range []string{"127.0.0.1", "[::ffff:127.0.0.1]", "shop.example", "a.internal", "postgres"} {
		before := server.accepted.Load()
		client := insecure(t)
		client.Resolver = resolver(t, "127.0.0.1")
		wantOutcome(t, send(t, client, delivery(t, "http://"+host+":"+server.port())), webhook.Unreachable, 0)
		if server.accepted.Load() == before {
			t.Errorf("%s: would not have been reached in any case", host)
		}
	}
}

func TestNameThatStandsForASpecialAddressIsNotConnectedTo(t *testing.T) {
	withIPv6 := true
	if probe, err := net.Listen("tcp", "[::1]:0"); err == nil {
		_ = probe.Close()
	} else {
		withIPv6 = false // the dialer would leave these addresses out by itself
	}
	for _, address := range specials {
		if strings.Contains(address, ":") && !withIPv6 {
			continue
		}
		client := &webhook.Client{Resolver: resolver(t, address)}
		result := send(t, client, delivery(t, "https://shop.example"))
		if result != (webhook.Result{Outcome: webhook.Forbidden}) {
			t.Errorf("%s: %v", address, result)
		}
	}
}

func TestNameThatTurnsInwardIsNotConnectedTo(t *testing.T) {
	server := listen(t, "127.0.0.1:0", closeAtOnce)
	flips := resolver(t, "8.8.8.8", "127.0.0.1")
	url := "https://shop.example:" + server.port()

	// Whoever looks at the name beforehand finds a public address.
	found, err := flips.LookupNetIP(t.Context(), "ip4", "shop.example")
	if err != nil || len(found) != 1 || webhook.CheckURL(urlOf(found[0].String()), false) != nil || webhook.CheckURL(url, false) != nil {
		t.Fatal(found, err)
	}
	client := &webhook.Client{Resolver: flips}
	wantOutcome(t, send(t, client, delivery(t, url)), webhook.Forbidden, 0)
	server.wantUntouched(t)
}

func TestEveryAddressOfANameIsLookedAt(t *testing.T) {
	server := listen(t, "127.0.0.1:0", closeAtOnce)
	client := &webhook.Client{Resolver: resolver(t, "10.0.0.1,127.0.0.1,::1")}
	wantOutcome(t, send(t, client, delivery(t, "https://shop.example:"+server.port())), webhook.Forbidden, 0)
	server.wantUntouched(t)
}

func TestNameWithoutAddressIsUnresolved(t *testing.T) {
	client := &webhook.Client{Resolver: resolver(t, "")}
	wantOutcome(t, send(t, client, delivery(t, "https://shop.example")), webhook.Unresolved, 0)
}
