package pusher

import (
	"fmt"
	"strings"
)

// Info is a set of attributes of a channel that a request asks for.
type Info uint8

// The attributes.
const (
	InfoUserCount Info = 1 << iota
	InfoSubscriptionCount
	InfoCache
)

var infoNames = map[string]Info{
	"user_count":         InfoUserCount,
	"subscription_count": InfoSubscriptionCount,
	"cache":              InfoCache,
}

// Has reports whether all attributes of want are in i.
func (i Info) Has(want Info) bool { return i&want == want }

// ParseInfo reads a list of attributes with commas between. An attribute that is
// not in allowed is a *Failure.
func ParseInfo(list string, allowed Info) (Info, error) {
	var info Info
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		attribute := infoNames[name]
		if attribute == 0 || !allowed.Has(attribute) {
			return 0, invalid(fmt.Sprintf("info attribute %.40q is not available here", name))
		}
		info |= attribute
	}
	return info, nil
}
