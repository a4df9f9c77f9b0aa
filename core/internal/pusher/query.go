package pusher

import (
	"net/url"
	"slices"
	"strings"
)

// param is one parameter of a query. The name is decoded and in lower case, the
// value as it was sent.
type param struct {
	name, value string
}

// maxParams bounds the parameters of a signed request.
const maxParams = 64

// parseQuery appends the parameters of a raw query to params, sorted by name. A
// name that comes twice is a *Failure, because signer and reader may disagree on
// which of them counts.
func parseQuery(params []param, raw string) ([]param, error) {
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		params = append(params, param{decodedName(name), value})
		if len(params) > maxParams {
			return nil, invalid("query has too many parameters")
		}
	}
	slices.SortFunc(params, func(a, b param) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(params); i++ {
		if params[i].name == params[i-1].name {
			return nil, invalid("query parameter " + quoteShort(params[i].name) + " comes more than once")
		}
	}
	return params, nil
}

// find returns the decoded value of a parameter.
func find(params []param, name string) string {
	for _, p := range params {
		if p.name == name {
			return decoded(p.value, true)
		}
	}
	return ""
}

func decodedName(name string) string {
	return strings.ToLower(decoded(name, true))
}

// decoded returns s with its percent escapes replaced, and with plus as space
// if asked; s itself if it is malformed.
func decoded(s string, plus bool) string {
	if strings.IndexByte(s, '%') < 0 && (!plus || strings.IndexByte(s, '+') < 0) {
		return s
	}
	decode := url.PathUnescape
	if plus {
		decode = url.QueryUnescape
	}
	if text, err := decode(s); err == nil {
		return text
	}
	return s
}
