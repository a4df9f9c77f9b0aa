package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackfield/jackfield/core/internal/metrics"
	"github.com/jackfield/jackfield/sdk/contract"
)

// plan is what one revision of an app wants to be told. It never changes.
type plan struct {
	record *contract.App
	wants  typeSet // of all hooks together
	hooks  []*hook
}

// hook is one entry of an app's webhooks.
type hook struct {
	*contract.Webhook
	id      string // see hookIDs
	group   string // begins the group key of its jobs: app and id
	wants   typeSet
	pattern *regexp.Regexp // nil: any
}

// typeSet is a set of types.
type typeSet uint32

func (s typeSet) has(t Type) bool { return s&(1<<t) != 0 }

// newPlan prepares the webhooks of an app. A pattern that does not compile
// matches nothing: who wrote it wanted less than everything.
func newPlan(record *contract.App) *plan {
	p := &plan{record: record}
	ids := hookIDs(record.Webhooks)
	for i := range record.Webhooks {
		w := &record.Webhooks[i]
		h := &hook{Webhook: w, id: ids[i], group: record.ID + "/" + ids[i] + "/"}
		for _, name := range w.EventTypes {
			if t, ok := metrics.ParseWebhookEvent(name); ok {
				h.wants |= 1 << t
			}
		}
		if w.Filter != nil && w.Filter.ChannelPattern != "" {
			var err error
			if h.pattern, err = regexp.Compile(w.Filter.ChannelPattern); err != nil {
				h.wants = 0
			}
		}
		p.wants |= h.wants
		p.hooks = append(p.hooks, h)
	}
	return p
}

// hookIDs names each webhook by a hash of where it goes, so that a job finds its
// webhook again after others were added or its settings changed, and never one
// that goes elsewhere. A second entry with the same target is told apart by a number.
func hookIDs(hooks []contract.Webhook) []string {
	seen := map[string]int{}
	ids := make([]string, len(hooks))
	for i := range hooks {
		id := targetHash(&hooks[i])
		if seen[id]++; seen[id] > 1 {
			ids[i] = id + "-" + strconv.Itoa(seen[id])
		} else {
			ids[i] = id
		}
	}
	return ids
}

func targetHash(w *contract.Webhook) string {
	target := "url\x00" + w.URL
	if w.Lambda != nil {
		target = "lambda\x00" + w.Lambda.Region + "\x00" + w.Lambda.FunctionName
	}
	sum := sha256.Sum256([]byte(target))
	return hex.EncodeToString(sum[:8])
}

// find returns the webhook of a job: the entry itself, or when that is gone
// another one with the same target, or nil.
func (p *plan) find(id string) *hook {
	target, _, _ := strings.Cut(id, "-")
	var same *hook
	for _, h := range p.hooks {
		if h.id == id {
			return h
		}
		if h.id == target {
			same = h
		}
	}
	return same
}

// match reports whether the webhook is to be told. A filter is about channels:
// events without one pass.
func (h *hook) match(t Type, channel string) bool {
	return h.wants.has(t) && (h.Filter == nil || channel == "" || h.passes(channel))
}

func (h *hook) passes(channel string) bool {
	f := h.Filter
	return strings.HasPrefix(channel, f.ChannelPrefix) && strings.HasSuffix(channel, f.ChannelSuffix) &&
		(h.pattern == nil || h.pattern.MatchString(channel)) &&
		(len(f.Namespaces) == 0 || slices.Contains(f.Namespaces, namespace(channel)))
}

// namespace is the part of a channel's name before the colon, without the
// prefix of its class; "" if there is none.
func namespace(channel string) string {
	name, _, ok := strings.Cut(channel, ":")
	if !ok {
		return ""
	}
	for _, class := range []string{"private-encrypted-", "private-", "presence-"} {
		if rest, found := strings.CutPrefix(name, class); found {
			return rest
		}
	}
	return name
}

// maxGroupKey is the longest group key that a queue takes.
const maxGroupKey = 256

// groupKey is the group of jobs about a subject; within a group one job is out
// at a time. Names that are too long or no text are hashed.
func (h *hook) groupKey(subject string) string {
	key := h.group + subject
	if len(key) <= maxGroupKey && utf8.ValidString(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return h.id + "/" + hex.EncodeToString(sum[:])
}
