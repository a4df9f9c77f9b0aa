package appjson_test

import (
	"encoding/json"
	"regexp"

	"pgregory.net/rapid"

	"github.com/jackfield/jackfield/sdk/contract"
)

// drawApp makes an app as Decode returns it: empty lists are nil, and Extra
// holds only what has a place in both forms.
func drawApp(t *rapid.T) *contract.App {
	return &contract.App{
		ID:             word.Draw(t, "id"),
		Key:            word.Draw(t, "key"),
		Secrets:        rapid.SliceOfNDistinct(rapid.Map(word, asSecret), 1, 2, rapid.ID).Draw(t, "secrets"),
		Enabled:        rapid.Bool().Draw(t, "enabled"),
		Limits:         drawLimits(t),
		Features:       rapid.Make[contract.Features]().Draw(t, "features"),
		AllowedOrigins: someWords.Draw(t, "origins"),
		Webhooks:       orNil(rapid.SliceOfN(rapid.Custom(drawWebhook), 0, 3)).Draw(t, "webhooks"),
		Extra:          rapid.SampledFrom(extras).Draw(t, "extra"),
	}
}

var (
	word      = rapid.StringN(1, 12, -1)
	someWords = orNil(rapid.SliceOfN(word, 0, 3))
	limit     = rapid.Ptr(rapid.Uint32(), true)
	extras    = []json.RawMessage{
		nil,
		json.RawMessage(`{"idempotency":{"enabled":true}}`),
		json.RawMessage(`{"channels":{"annotations_enabled":true},"connection_recovery":{"b":[1e3,null]}}`),
	}
)

func asSecret(s string) contract.Secret { return contract.Secret(s) }

func orNil[T any](g *rapid.Generator[[]T]) *rapid.Generator[[]T] {
	return rapid.Map(g, func(list []T) []T {
		if len(list) == 0 {
			return nil
		}
		return list
	})
}

func drawLimits(t *rapid.T) contract.Limits {
	l := rapid.Custom(func(t *rapid.T) contract.Limits {
		return contract.Limits{
			MaxConnections:            limit.Draw(t, "connections"),
			MaxBackendEventsPerSecond: limit.Draw(t, "backend events"),
			MaxClientEventsPerSecond:  limit.Draw(t, "client events"),
			MaxReadRequestsPerSecond:  limit.Draw(t, "reads"),
			MaxPresenceMembersPerChan: limit.Draw(t, "members"),
			MaxPresenceMemberSizeInKB: limit.Draw(t, "member size"),
			MaxChannelNameLength:      limit.Draw(t, "channel name"),
			MaxEventChannelsAtOnce:    limit.Draw(t, "channels at once"),
			MaxEventNameLength:        limit.Draw(t, "event name"),
			MaxEventPayloadInKB:       limit.Draw(t, "payload"),
			MaxEventBatchSize:         limit.Draw(t, "batch"),
			MaxChannelsPerConnection:  limit.Draw(t, "channels"),
			DecaySeconds:              limit.Draw(t, "decay"),
			TerminateOnLimit:          rapid.Bool().Draw(t, "terminate"),
		}
	}).Draw(t, "limits")
	l.MessageRateLimit = rapid.Ptr(rapid.Make[contract.MessageRateLimit](), true).Draw(t, "message rate")
	return l
}

func drawWebhook(t *rapid.T) contract.Webhook {
	hook := contract.Webhook{
		EventTypes:       someWords.Draw(t, "events"),
		Headers:          rapid.SampledFrom([]map[string]string{nil, {"X-A": "1", "Authorization": "Bearer x"}}).Draw(t, "headers"),
		RequestTimeoutMS: rapid.Uint32().Draw(t, "timeout"),
		Retry:            rapid.Ptr(rapid.Make[contract.WebhookRetry](), true).Draw(t, "retry"),
	}
	if rapid.Bool().Draw(t, "to lambda") {
		hook.Lambda = &contract.LambdaTarget{
			FunctionName: word.Draw(t, "function"),
			Region:       rapid.String().Draw(t, "region"),
			Async:        rapid.Bool().Draw(t, "async"),
		}
	} else {
		hook.URL = "https://example.com/" + rapid.StringMatching(`[a-z]{0,8}`).Draw(t, "path")
	}
	if rapid.Bool().Draw(t, "filtered") {
		hook.Filter = &contract.WebhookFilter{
			ChannelPrefix:  rapid.String().Draw(t, "prefix"),
			ChannelSuffix:  rapid.String().Draw(t, "suffix"),
			ChannelPattern: rapid.StringMatching(`[a-z.*]{0,4}`).Filter(compiles).Draw(t, "pattern"),
			Namespaces:     someWords.Draw(t, "namespaces"),
		}
	}
	return hook
}

func compiles(pattern string) bool {
	_, err := regexp.Compile(pattern)
	return err == nil
}
