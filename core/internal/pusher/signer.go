package pusher

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"sync"
)

// Signer makes and checks HMAC-SHA256 signatures with one secret. It may be
// used by several goroutines at the same time and is not copied.
type Signer struct {
	pool sync.Pool // of *mac
}

// mac is a keyed hash and the room for its result.
type mac struct {
	hash hash.Hash
	// message is a copy, so that callers may build theirs on the stack.
	message []byte
	sum     [sha256.Size]byte
	hex     [2 * sha256.Size]byte
}

// maxKept bounds the copy that a mac keeps between uses.
const maxKept = 16 << 10

// NewSigner prepares a signer, so that no signature pays for the key again.
func NewSigner(secret string) *Signer {
	key := []byte(secret)
	s := new(Signer)
	s.pool.New = func() any { return &mac{hash: hmac.New(sha256.New, key)} }
	return s
}

// AppendHex appends the signature of message as 64 lower-case digits.
func (s *Signer) AppendHex(dst, message []byte) []byte {
	m := s.pool.Get().(*mac)
	defer s.pool.Put(m)
	return append(dst, m.sign(message)...)
}

// Verify reports whether signature is that of message, in constant time. It
// does not allocate.
func (s *Signer) Verify(message, signature []byte) bool {
	m := s.pool.Get().(*mac)
	defer s.pool.Put(m)
	return subtle.ConstantTimeCompare(m.sign(message), signature) == 1
}

func (m *mac) sign(message []byte) []byte {
	m.message = append(m.message[:0], message...)
	m.hash.Reset()
	m.hash.Write(m.message)
	if cap(m.message) > maxKept {
		m.message = nil
	}
	m.hash.Sum(m.sum[:0])
	hex.Encode(m.hex[:], m.sum[:])
	return m.hex[:]
}

// Signers are the signers of an app, one per live secret: each of them
// verifies, the first signs.
type Signers []*Signer

// Verify reports whether signature is that of message by any of the secrets.
func (ss Signers) Verify(message, signature []byte) bool {
	for _, s := range ss {
		if s.Verify(message, signature) {
			return true
		}
	}
	return false
}
