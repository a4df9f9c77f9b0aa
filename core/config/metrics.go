package config

// Metrics is the second listener, for operators.
type Metrics struct {
	Enabled    bool       `key:"enabled" env:"METRICS_ENABLED" default:"true" doc:"Serve /metrics."`
	Driver     string     `key:"driver" env:"METRICS_DRIVER" default:"prometheus" oneof:"prometheus" doc:"Format."`
	Host       string     `key:"host" env:"METRICS_HOST" default:"0.0.0.0" doc:"Address of the metrics listener."`
	Port       uint16     `key:"port" env:"METRICS_PORT" default:"9601" doc:"Port of the metrics listener; 0 takes any free port."`
	Prometheus Prometheus `key:"prometheus" doc:"Format prometheus."`
}

// Prometheus are the settings of metrics in Prometheus's format.
type Prometheus struct {
	Prefix string `key:"prefix" env:"METRICS_PROMETHEUS_PREFIX" default:"{MetricsPrefix}" doc:"Prefix of all names."`
}
