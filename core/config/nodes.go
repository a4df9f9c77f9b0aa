package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// RedisNode is the address of one Redis, with credentials if it has its own.
type RedisNode struct {
	Host     string
	Port     uint16
	Username string
	Password Secret
	TLS      bool
}

// String returns host:port.
func (n RedisNode) String() string {
	return net.JoinHostPort(n.Host, strconv.Itoa(int(n.Port)))
}

// RedisNodes are nodes of a Redis Cluster.
type RedisNodes []RedisNode

// String returns the addresses with commas.
func (ns RedisNodes) String() string { return joinNodes(ns) }

func (ns *RedisNodes) read(v any) error {
	nodes, err := readNodes(v, RedisNode{Host: "127.0.0.1", Port: 7000})
	*ns = nodes
	return err
}

// Sentinels are the sentinels of a Redis.
type Sentinels []RedisNode

// String returns the addresses with commas.
func (ns Sentinels) String() string { return joinNodes(ns) }

func (ns *Sentinels) read(v any) error {
	nodes, err := readNodes(v, RedisNode{Host: "localhost", Port: 26379})
	*ns = nodes
	return err
}

func joinNodes(nodes []RedisNode) string {
	texts := make([]string, len(nodes))
	for i, n := range nodes {
		texts[i] = n.String()
	}
	return strings.Join(texts, ",")
}

// readNodes reads a text with commas, or a list of texts and tables. What an
// entry does not say comes from otherwise. No error repeats an entry, for it
// may hold a password.
func readNodes(v any, otherwise RedisNode) ([]RedisNode, error) {
	entries, ok := v.([]any)
	if text, isText := v.(string); isText {
		list, _ := texts(text)
		for _, entry := range list {
			entries = append(entries, entry)
		}
		ok = true
	}
	if !ok {
		return nil, fmt.Errorf("must be a list of nodes, is %s", kindOf(v))
	}
	nodes := make([]RedisNode, 0, len(entries))
	for i, entry := range entries {
		node, err := readNode(entry, otherwise)
		if err != nil {
			return nil, fmt.Errorf("must be a list of nodes, its element %d %w", i, err)
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

func readNode(entry any, node RedisNode) (RedisNode, error) {
	switch entry := entry.(type) {
	case string:
		return parseNode(entry, node)
	case map[string]any:
		return nodeOfTable(entry, node)
	}
	return node, fmt.Errorf("must be host:port, a URL or a table, is %s", kindOf(entry))
}

func nodeOfTable(table map[string]any, node RedisNode) (RedisNode, error) {
	for key, value := range table {
		switch key {
		case "host":
			host, ok := value.(string)
			if !ok || host == "" {
				return node, errors.New("must have a host that is text")
			}
			parsed, err := parseNode(host, node)
			if err != nil {
				return node, err
			}
			parsed.Port = max(node.Port, 1)
			node = parsed
		case "port":
		default:
			return node, fmt.Errorf("must have host and port only, has %q", key)
		}
	}
	if value, ok := table["port"]; ok {
		port, err := number(value)
		if err != nil || port != float64(uint16(port)) || port < 1 {
			return node, errors.New("must have a port from 1 to 65535")
		}
		node.Port = uint16(port)
	}
	return node, nil
}

// parseNode reads host, host:port, [v6]:port, or a redis:// or rediss:// URL.
func parseNode(text string, node RedisNode) (RedisNode, error) {
	if strings.Contains(text, "://") {
		return parseNodeURL(text)
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = strings.Trim(text, "[]"), strconv.Itoa(int(node.Port))
	}
	node.Host = host
	return withPort(node, port)
}

func parseNodeURL(text string) (RedisNode, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || (u.Scheme != "redis" && u.Scheme != "rediss") {
		return RedisNode{}, errors.New("must be host:port or a redis:// or rediss:// URL")
	}
	node := RedisNode{Host: u.Hostname(), Username: u.User.Username(), TLS: u.Scheme == "rediss"}
	password, _ := u.User.Password()
	node.Password = Secret(password)
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	return withPort(node, port)
}

func withPort(node RedisNode, port string) (RedisNode, error) {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || node.Host == "" || strings.ContainsAny(node.Host, " /") {
		return node, errors.New("must be host:port with a port from 1 to 65535")
	}
	node.Port = uint16(n)
	return node, nil
}
