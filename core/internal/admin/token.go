package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/jackfield/jackfield/sdk/contract"
)

// An address may present so many wrong tokens in so long; then it waits, even
// with the right one. So many addresses are remembered.
const (
	wrongTokens  = 10
	wrongWindow  = time.Minute
	maxAddresses = 10_000
)

// authorized reports whether the request bears the token, and answers it if not.
// The comparison of hashes takes the same time for every wrong token.
func (h *handler) authorized(w http.ResponseWriter, r *http.Request) bool {
	from := source(r)
	left, err := h.tries.Take(r.Context(), contract.TakeRequest{Key: from, Cost: 1, Limit: wrongTokens, Window: wrongWindow})
	if err != nil || !left.Allowed {
		w.Header().Set("Retry-After", strconv.Itoa(int((left.RetryAfter+time.Second-1)/time.Second)))
		refuse(w, http.StatusTooManyRequests, "too many wrong tokens from this address; try again later")
		return false
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	sum := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(sum[:], h.sum[:]) != 1 {
		w.Header().Set("WWW-Authenticate", `Bearer realm="admin"`)
		refuse(w, http.StatusUnauthorized, "the bearer token is missing or wrong; it is admin.token of the server's configuration")
		return false
	}
	_ = h.tries.Reset(r.Context(), from) // never fails
	return true
}

// network is the part of an IPv6 address that one owner can vary at will behind.
const network = 64

// source is the address of a request, or its network.
func source(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := from.Addr().Unmap()
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.WithZone("").Prefix(network)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}
