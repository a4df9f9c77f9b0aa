package conversation

import "testing"

// An app that takes clients over TLS only refuses the others, also those who claim
// that a proxy had them over TLS, as long as no proxy is trusted.
func TestTLSOnly(t *testing.T) {
	if *target != "" {
		return // needs an app of its own
	}
	const refused = `a< {"event":"pusher:error","data":{"code":4000,"message":"*TLS*"}}` + "\na closed 4000\n"
	for _, c := range []struct {
		secure bool
		text   string
	}{
		{true, "a connects"},
		{false, "a opens /app/$KEY?protocol=7\n" + refused + "a opens /app/$KEY?protocol=7 with X-Forwarded-Proto: https\n" + refused},
	} {
		script, err := Parse("tls", `app safe {"tls_only":true}`+"\nuse safe\n"+c.text)
		if err != nil {
			t.Fatal(err)
		}
		if err := Run(serverFor(t, script, c.secure), script); err != nil {
			t.Error(err)
		}
	}
}
