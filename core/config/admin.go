package config

// Admin is the interface for operators on the metrics listener.
type Admin struct {
	Token Secret `key:"token" env:"ADMIN_TOKEN" doc:"What callers of /admin must present as a bearer token; unset: there is no /admin."`
}
