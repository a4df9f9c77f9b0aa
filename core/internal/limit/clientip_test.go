package limit

import (
	"net/netip"
	"strings"
	"testing"
)

func TestClientIP(t *testing.T) {
	const remote = "10.0.0.1"
	tests := []struct {
		name string
		xff  []string
		hops int
		want string
	}{
		{"no proxy", nil, 0, remote},
		{"no proxy, header forged", []string{"1.1.1.1"}, 0, remote},
		{"negative hops", []string{"1.1.1.1"}, -1, remote},
		{"one proxy", []string{"1.1.1.1"}, 1, "1.1.1.1"},
		{"one proxy, header forged", []string{"6.6.6.6, 1.1.1.1"}, 1, "1.1.1.1"},
		{"two proxies", []string{"6.6.6.6,1.1.1.1,10.0.0.2"}, 2, "1.1.1.1"},
		{"lines are one list", []string{"6.6.6.6", "1.1.1.1", "10.0.0.2"}, 2, "1.1.1.1"},
		{"lines of several entries", []string{"6.6.6.6, 1.1.1.1", "10.0.0.3, 10.0.0.2"}, 3, "1.1.1.1"},
		{"list shorter than hops", []string{"1.1.1.1"}, 2, remote},
		{"no list", nil, 1, remote},
		{"empty line", []string{""}, 1, remote},
		{"empty entry", []string{"1.1.1.1,"}, 1, remote},
		{"an entry that is no address", []string{"unknown"}, 1, remote},
		{"no address on the way", []string{"1.1.1.1, unknown"}, 2, remote},
		{"no address where anybody may write", []string{"unknown, 1.1.1.1"}, 1, "1.1.1.1"},
		{"port", []string{"1.1.1.1:5000"}, 1, "1.1.1.1"},
		{"IPv6", []string{"2001:db8::1"}, 1, "2001:db8::1"},
		{"IPv6 in brackets", []string{"[2001:db8::1]"}, 1, "2001:db8::1"},
		{"IPv6 with port", []string{"[2001:db8::1]:5000"}, 1, "2001:db8::1"},
		{"IPv6 with zone", []string{"fe80::1%eth0"}, 1, "fe80::1"},
		{"IPv4 within IPv6", []string{"::ffff:1.1.1.1"}, 1, "1.1.1.1"},
		{"IPv4 in brackets", []string{"[1.1.1.1]:80"}, 1, remote},
		{"wrong port", []string{"1.1.1.1:http"}, 1, remote},
		{"half a bracket", []string{"[2001:db8::1"}, 1, remote},
	}
	for _, tt := range tests {
		got := ClientIP(netip.MustParseAddr("::ffff:"+remote), tt.xff, tt.hops)
		if got.String() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
}

// Whatever a client puts in front cannot change what the proxies wrote.
func FuzzClientIP(f *testing.F) {
	f.Add("1.1.1.1, 2.2.2.2", "3.3.3.3", 1)
	f.Add(",,[::]:", "x", 2)
	f.Fuzz(func(t *testing.T, forged, more string, hops int) {
		remote := netip.MustParseAddr("10.0.0.1")
		written := []string{"1.1.1.1", "10.0.0.3, 10.0.0.2"}
		hops = hops&1 + 1
		want := ClientIP(remote, written, hops)
		got := ClientIP(remote, append([]string{forged, more}, written...), hops)
		if got != want {
			t.Errorf("%q, %q: %v, want %v", forged, more, got, want)
		}
		if got := ClientIP(remote, strings.Split(forged, "\n"), hops); !got.IsValid() {
			t.Errorf("%q: no address", forged)
		}
	})
}
