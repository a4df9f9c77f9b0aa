package appcache

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackfield/jackfield/sdk/appjson"
	"github.com/jackfield/jackfield/sdk/contract"
)

// purpose sets the derived key apart from others of the same secret.
const purpose = "jackfield: apps in the shared cache, 1"

const keyBytes = 32

// newSeal derives the key of AES-256-GCM from secret; nil for "".
func newSeal(secret contract.Secret) cipher.AEAD {
	if secret == "" {
		return nil
	}
	key, err := hkdf.Key(sha256.New, []byte(secret.Reveal()), nil, purpose, keyBytes)
	if err != nil {
		panic("appcache: " + err.Error()) // only a wrong length is refused
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("appcache: " + err.Error())
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		panic("appcache: " + err.Error())
	}
	return seal
}

// sealed is what is encrypted.
type sealed struct {
	Revision uint64          `json:"revision"`
	App      json.RawMessage `json:"app"`
}

// sealApp encrypts an app for its place in the cache: at another app's place it
// cannot be opened.
func sealApp(seal cipher.AEAD, app *contract.App) ([]byte, error) {
	doc, err := appjson.Encode(app, appjson.WithSecrets())
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(sealed{app.Revision, doc})
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, seal.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return seal.Seal(nonce, nonce, text, []byte(keyOfApp(app.ID))), nil
}

// open is the way back of sealApp; it tells nothing of the content in errors.
func open(seal cipher.AEAD, id string, box []byte) (*contract.App, error) {
	if len(box) < seal.NonceSize() {
		return nil, errors.New("too short")
	}
	text, err := seal.Open(nil, box[:seal.NonceSize()], box[seal.NonceSize():], []byte(keyOfApp(id)))
	if err != nil {
		return nil, err
	}
	var s sealed
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, errors.New("no record")
	}
	app, err := appjson.Decode(s.App)
	if err != nil || app.ID != id {
		return nil, fmt.Errorf("record of another app or form")
	}
	app.Revision = s.Revision
	return app, nil
}
