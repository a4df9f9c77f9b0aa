package contract

// Secret is a string that does not show itself: every way of printing or
// encoding it, fmt and encoding/json included, yields "[redacted]".
// Use Reveal where the real value is needed.
type Secret string

const redacted = "[redacted]"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String returns "[redacted]", or "" for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString is String, so that %#v is safe too.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String, so that JSON, YAML and log encoders are safe too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
