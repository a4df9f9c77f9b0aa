// Package appjson reads and writes the JSON form of an app, as it stands in
// configuration files and in stores.
//
// There are two forms. The old one is flat: every setting is a field of the
// document. The present one keeps all but the credentials under "policy", in
// the parts limits, features, channels and webhooks:
//
//	{"id": "1", "key": "k", "secret": "s", "enabled": true,
//	 "policy": {"limits": {"max_connections": 100}}}
//
// A document with a policy is read from it alone: of the flat fields only id,
// key, secret, secrets and enabled still count. JSON null is the same as absent,
// and numbers may also be written as strings ("100").
//
// Decode is the way in. It reports everything that is wrong with a document at
// once, as Problems, and never returns an app of which a part could not be read:
// an app without its limits is worse than none. Encode writes both forms into
// one document, so that old and new readers understand it; DecodePolicy and
// EncodePolicy serve stores that keep the policy in a column of its own, and
// DecodeFields those that keep every field so.
//
// Policy parts that this version does not know are kept in App.Extra and
// written back. Unknown fields inside a webhook are not kept.
//
// Functions of this package may be called at the same time. Nothing here
// prints a secret.
package appjson
