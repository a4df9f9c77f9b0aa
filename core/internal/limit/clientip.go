package limit

import (
	"net/netip"
	"strings"
)

// ClientIP returns the address of the client behind hops trusted proxies. remote
// is the address of the connection, xff the values of all X-Forwarded-For
// headers in their order, which count as one list.
//
// Each proxy adds the address it was called from at the right end, so the client
// is the entry number hops from the right: what stands left of it anybody may
// have written. If the list is shorter, or one of the entries that the proxies
// wrote is no address, then the request did not come their way and remote is
// returned. Entries may have a port.
func ClientIP(remote netip.Addr, xff []string, hops int) netip.Addr {
	remote = remote.Unmap().WithZone("")
	client := remote
	for line := len(xff) - 1; line >= 0 && hops > 0; line-- {
		rest, more := xff[line], true
		for more && hops > 0 {
			var entry string
			rest, entry, more = cutLast(rest)
			addr, ok := parseAddr(strings.TrimSpace(entry))
			if !ok {
				return remote
			}
			client = addr
			hops--
		}
	}
	if hops > 0 {
		return remote
	}
	return client
}

// cutLast splits a list before its last entry; more is false if that is the only one.
func cutLast(list string) (rest, last string, more bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", list, false
	}
	return list[:i], list[i+1:], true
}

// parseAddr reads an address with or without port; one of IPv6 may stand in brackets.
func parseAddr(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		addr, err = parseWithPort(s)
	}
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.Unmap().WithZone(""), true
}

func parseWithPort(s string) (netip.Addr, error) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if bare, ok := strings.CutSuffix(inner, "]"); ok {
			return netip.ParseAddr(bare)
		}
	}
	withPort, err := netip.ParseAddrPort(s)
	return withPort.Addr(), err
}
