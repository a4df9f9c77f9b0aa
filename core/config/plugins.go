package config

// Plugin says how one plugin, named by its key under plugins, is run.
type Plugin struct {
	Path              string     `key:"path" doc:"The program; empty = the file of the plugin's name in plugin_dir."`
	Address           string     `key:"address" doc:"Attach to a running program instead: unix:///path or host:port. TCP needs tls."`
	SHA256            string     `key:"sha256" doc:"Checksum of the program, in hex."`
	Drivers           []string   `key:"drivers" doc:"Drivers it provides, as kind.driver or driver."`
	Env               []string   `key:"env" doc:"Names of environment variables that it is given."`
	Isolation         string     `key:"isolation" oneof:"per_kind" doc:"per_kind runs one process for each kind; unset: one for all."`
	TransportSecurity string     `key:"transport_security" oneof:"auto_mtls" doc:"auto_mtls puts TLS on the local connection; unset: a private socket and a token."`
	TLS               PluginTLS  `key:"tls" doc:"Mutual TLS for an address over TCP."`
	Config            OpenObject `key:"config" doc:"Options of its drivers, for drivers whose options stand nowhere else."`
}

// PluginTLS is mutual TLS to a plugin at a TCP address.
type PluginTLS struct {
	CAPath     string `key:"ca_path" doc:"PEM file of authorities."`
	CertPath   string `key:"cert_path" doc:"PEM file of our certificate."`
	KeyPath    string `key:"key_path" doc:"PEM file of its key."`
	ServerName string `key:"server_name" doc:"Name in the plugin's certificate; empty = the host of the address."`
}

// PluginHost says where plugins are found and kept.
type PluginHost struct {
	Dir      string `key:"plugin_dir" env:"PLUGIN_DIR" doc:"Directory of plugins (flag --plugin-dir). Empty = plugins beside the executable, else ../lib/jackfield/plugins from there."`
	RunDir   string `key:"plugin_run_dir" env:"PLUGIN_RUN_DIR" doc:"Directory of sockets and locks, private to us. Empty = $XDG_RUNTIME_DIR/jackfield, else /run/jackfield, else /tmp/jackfield-UID."`
	LockFile string `key:"plugin_lock_file" env:"PLUGIN_LOCK_FILE" doc:"File of the plugins' checksums. Empty = plugins.lock in plugin_dir, if there is one."`
}
