package webhook

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

var errForbidden = errors.New("this address is none that we call")

// guard is asked between looking up a name and connecting (net.Dialer), once
// for every address that is tried. A check of the name, at any time before,
// could be given another answer than the dialer is.
func (c *Client) guard(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !mayCall(to.Addr(), c.Insecure) {
		return errForbidden
	}
	return nil
}

// special are the networks within IPv4 and within the global unicast of IPv6
// that are not plain parts of the Internet, after the IANA Special-Purpose
// Address Registries (RFC 6890) and the Multicast Address Space Registry. Those
// that wrap an IPv4 address are among them, whatever it is.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),         // this network, RFC 791
	netip.MustParsePrefix("10.0.0.0/8"),        // private, RFC 1918
	netip.MustParsePrefix("100.64.0.0/10"),     // shared by customers of a carrier, RFC 6598
	netip.MustParsePrefix("127.0.0.0/8"),       // loopback, RFC 1122
	netip.MustParsePrefix("168.63.129.16/32"),  // in no registry: the host below a machine at Azure
	netip.MustParsePrefix("169.254.0.0/16"),    // link-local, RFC 3927; metadata of most clouds
	netip.MustParsePrefix("172.16.0.0/12"),     // private, RFC 1918
	netip.MustParsePrefix("192.0.0.0/24"),      // protocol assignments, RFC 6890
	netip.MustParsePrefix("192.0.2.0/24"),      // documentation, RFC 5737
	netip.MustParsePrefix("192.31.196.0/24"),   // AS112, RFC 7535
	netip.MustParsePrefix("192.52.193.0/24"),   // multicast tunnels, RFC 7450
	netip.MustParsePrefix("192.88.99.0/24"),    // 6to4 relays, RFC 7526
	netip.MustParsePrefix("192.168.0.0/16"),    // private, RFC 1918
	netip.MustParsePrefix("192.175.48.0/24"),   // AS112, RFC 7534
	netip.MustParsePrefix("198.18.0.0/15"),     // benchmarks, RFC 2544
	netip.MustParsePrefix("198.51.100.0/24"),   // documentation, RFC 5737
	netip.MustParsePrefix("203.0.113.0/24"),    // documentation, RFC 5737
	netip.MustParsePrefix("224.0.0.0/4"),       // multicast, RFC 5771
	netip.MustParsePrefix("240.0.0.0/4"),       // reserved, RFC 1112, and broadcast, RFC 919
	netip.MustParsePrefix("2001::/23"),         // protocol assignments, RFC 2928; Teredo, RFC 4380
	netip.MustParsePrefix("2001:db8::/32"),     // documentation, RFC 3849
	netip.MustParsePrefix("2002::/16"),         // 6to4, RFC 3056
	netip.MustParsePrefix("2620:4f:8000::/48"), // AS112, RFC 7534
	netip.MustParsePrefix("3fff::/20"),         // documentation, RFC 9637
}

// globalIPv6 is all that was ever given out for global unicast (RFC 4291 and
// the IPv6 Address Space registry). Loopback, private, link-local, site-local
// and multicast addresses, NAT64 (RFC 6052, RFC 8215) and whatever will be
// thought of lie outside.
var globalIPv6 = netip.MustParsePrefix("2000::/3")

func mayCall(address netip.Addr, insecure bool) bool {
	address = address.Unmap()
	if insecure && (address.IsLoopback() || address.IsPrivate()) {
		return true
	}
	if !address.Is4() && !globalIPv6.Contains(address) { // which contains none that has a zone
		return false
	}
	return !slices.ContainsFunc(special, func(network netip.Prefix) bool { return network.Contains(address) })
}

// inside are the names that stand for a machine itself or for networks at hand:
// RFC 6761, RFC 6762, RFC 8375, and .internal, which ICANN keeps for private
// use.
var inside = []string{".localhost", ".local", ".home.arpa", ".internal"}

// CheckURL says what is wrong with a URL to send to, as far as it can be told
// by looking: nil for an https URL with a full name or a public address. The
// error goes on after "the URL": "has to begin with https://". It does not
// quote the URL.
//
// insecure also allows what Client.Insecure does: http, and hosts nearby.
//
// A name that passes may yet stand for any address. Client looks at that, in
// every delivery.
func CheckURL(raw string, insecure bool) error {
	target, err := url.Parse(raw)
	if err != nil {
		return errors.New("is not a URL") // the cause would quote it
	}
	switch {
	case target.Scheme != "https" && !insecure:
		return errors.New("has to begin with https://")
	case target.Scheme != "https" && target.Scheme != "http":
		return errors.New("has to begin with https:// or http://")
	case target.Hostname() == "":
		return errors.New("has to name a host")
	case target.User != nil:
		return errors.New("must not hold a user or password")
	case strings.Contains(raw, "#"): // RFC 9110, section 4.2.5: never sent
		return errors.New("must not hold a fragment")
	case !isPort(target.Port()):
		return errors.New("has to have a port of 1 to 65535, or none")
	}
	return checkHost(target.Hostname(), insecure)
}

func isPort(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && number != 0
}

func checkHost(host string, insecure bool) error {
	if address, err := netip.ParseAddr(host); err == nil {
		if !mayCall(address, insecure) {
			return errors.New("must not lead to a private or special address")
		}
		return nil
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	labels := strings.Split(name, ".")
	if slices.ContainsFunc(labels, isNoLabel) {
		return errors.New("has to have a host of letters, digits, - and _; other names are written as xn--")
	}
	// A last label like that is no domain, but to some resolvers the whole is an
	// address: 127.1, 2130706433, 0x7f.1, 0177.0.0.1.
	if isNumber(labels[len(labels)-1]) {
		return errors.New("has to write an address as four decimal numbers, or in brackets")
	}
	if insecure {
		return nil
	}
	for _, suffix := range inside {
		if strings.HasSuffix("."+name, suffix) {
			return errors.New("must not lead to a private or special address")
		}
	}
	if len(labels) == 1 { // a neighbour, or whatever the search list of the machine makes of it
		return errors.New("has to have the full name of a host")
	}
	return nil
}

func isNoLabel(label string) bool {
	return label == "" || strings.ContainsFunc(label, isNotPlain)
}

// isNotPlain is true of all but letters, digits, - and _.
func isNotPlain(r rune) bool {
	return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// isNumber is the check by which browsers tell an address from a name (WHATWG
// URL, "ends in a number").
func isNumber(label string) bool {
	digits, hexadecimal := strings.CutPrefix(label, "0x")
	return !strings.ContainsFunc(digits, func(r rune) bool {
		return (r < '0' || r > '9') && (!hexadecimal || r < 'a' || r > 'f')
	})
}
