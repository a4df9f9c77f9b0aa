package plugin

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	goplugin "github.com/hashicorp/go-plugin"
)

// handshake is the line by which a plugin says where it listens:
// CORE|APP|NETWORK|ADDRESS|PROTOCOL|CERTIFICATE.
type handshake struct {
	network, address string
}

// stdoutRule is what authors have to know about stdout.
const stdoutRule = "a plugin writes nothing to stdout but its handshake line; log to stderr"

// parseHandshake reads the first line that a plugin wrote to stdout. dir is
// where its socket must be; version is our major version of the protocol.
func parseHandshake(line, dir string, version int, tls bool) (handshake, error) {
	parts := strings.Split(strings.TrimSpace(line), "|")
	if len(parts) < 5 {
		return handshake{}, fmt.Errorf("it wrote %q to stdout before the handshake: %s", excerpt(line), stdoutRule)
	}
	core, coreErr := strconv.Atoi(parts[0])
	app, appErr := strconv.Atoi(parts[1])
	h := handshake{network: parts[2], address: parts[3]}
	switch {
	case coreErr != nil || appErr != nil:
		return h, fmt.Errorf("it wrote %q to stdout instead of the handshake: %s", excerpt(line), stdoutRule)
	case core != goplugin.CoreProtocolVersion:
		return h, fmt.Errorf("its handshake has version %d, this server reads %d; %s", core, goplugin.CoreProtocolVersion, older(core, goplugin.CoreProtocolVersion))
	case app != version:
		return h, fmt.Errorf("it speaks plugin protocol %d, this server speaks %d; %s", app, version, older(app, version))
	case parts[4] != string(goplugin.ProtocolGRPC):
		return h, fmt.Errorf("it speaks %q, this server speaks %q; rebuild it with the SDK", parts[4], goplugin.ProtocolGRPC)
	}
	return h, h.check(dir, tls)
}

// older says which of the two is to be upgraded.
func older(plugin, server int) string {
	if plugin > server {
		return "upgrade the server, or use the plugin of an earlier release"
	}
	return "upgrade the plugin: build it with a release of the SDK that is as new as the server"
}

// check admits a socket in the plugin's own directory, and TCP only under TLS.
func (h handshake) check(dir string, tls bool) error {
	switch h.network {
	case "unix":
		if rel, err := filepath.Rel(dir, h.address); err != nil || !filepath.IsLocal(rel) {
			return fmt.Errorf("its socket %q is not in the directory it was given (PLUGIN_UNIX_SOCKET_DIR)", h.address)
		}
		return nil
	case "tcp":
		if tls {
			return nil
		}
		return fmt.Errorf("it listens on TCP; listen on a unix socket in PLUGIN_UNIX_SOCKET_DIR, or set transport_security to %q", securityAutoMTLS)
	}
	return fmt.Errorf("it listens on unknown network %q", h.network)
}

// excerpt shortens what a plugin wrote for an error message.
func excerpt(s string) string {
	const most = 120
	s = strings.ToValidUTF8(strings.TrimSpace(s), "\uFFFD")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
