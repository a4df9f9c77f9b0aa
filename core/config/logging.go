package config

// Logging are the settings of the log.
type Logging struct {
	Level         string `key:"level" live:"" env:"LOG_LEVEL" oneof:"trace|debug|info|warn|error" doc:"Least level that is logged. Unset: the first plain level in RUST_LOG (else in the brand's own two names for debug and production), else debug if debug is set, else info."`
	Format        string `key:"format" env:"LOG_OUTPUT_FORMAT" default:"text" oneof:"text|human|json" doc:"json for one object per line; human is text."`
	ColorsEnabled bool   `key:"colors_enabled" env:"LOG_COLORS_ENABLED" default:"true" doc:"Colours in text on a terminal."`
	IncludeTarget bool   `key:"include_target" env:"LOG_INCLUDE_TARGET" default:"true" doc:"Begin each line with the part of the server that logs, such as jackfield.ws."`
}
