package config

// SSL is TLS on the main listener.
type SSL struct {
	Enabled      bool   `key:"enabled" env:"SSL_ENABLED" default:"false" doc:"Serve TLS; needs both files."`
	CertPath     string `key:"cert_path" env:"SSL_CERT_PATH" doc:"PEM file with the certificate chain."`
	KeyPath      string `key:"key_path" env:"SSL_KEY_PATH" doc:"PEM file with the private key."`
	Passphrase   Secret `key:"passphrase" dead:"" doc:"Without effect: the key file must not be encrypted."`
	CAPath       string `key:"ca_path" dead:"" doc:"Without effect: clients are not asked for certificates."`
	RedirectHTTP bool   `key:"redirect_http" env:"SSL_REDIRECT_HTTP" default:"false" doc:"Answer plain HTTP on http_port with 308."`
	HTTPPort     uint16 `key:"http_port" env:"SSL_HTTP_PORT" default:"80" doc:"Port of the redirecting listener."`
}
