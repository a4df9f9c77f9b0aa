package appjson

import (
	"slices"

	"github.com/jackfield/jackfield/sdk/contract"
)

// mostSecrets live at the same time, so that one can be changed without an outage.
const mostSecrets = 2

// readSecrets reads "secret", which signs, and the list "secrets", newest
// first, which may repeat it.
func readSecrets(o object) []contract.Secret {
	var secrets []contract.Secret
	if s := o.text("secret"); s != "" {
		secrets = append(secrets, contract.Secret(s))
	}
	for i, s := range o.texts("secrets") {
		switch {
		case s == "":
			o.r.addf(o.path("secrets")+index(i), "must be a string that is not empty")
		case !slices.Contains(secrets, contract.Secret(s)):
			secrets = append(secrets, contract.Secret(s))
		}
	}
	if len(secrets) > mostSecrets {
		o.r.addf(o.path("secrets"), "must leave at most %d secrets live, found %d", mostSecrets, len(secrets))
	}
	return secrets
}

// writeSecrets puts the secrets where readSecrets finds them.
func writeSecrets(doc map[string]any, secrets []contract.Secret) {
	if len(secrets) == 0 {
		return
	}
	doc["secret"] = secrets[0].Reveal()
	if len(secrets) == 1 {
		return
	}
	list := make([]string, len(secrets))
	for i, s := range secrets {
		list[i] = s.Reveal()
	}
	doc["secrets"] = list
}
