package config

import "strings"

// redisUse is how one component wants its Redis.
type redisUse struct {
	override    Secret // URL for this component alone
	overrideKey string
	cluster     bool
	nodes       RedisNodes // nodes for this component alone
	nodesKey    string
}

// redisFor returns the connection of a component: its own URL, else its own
// nodes, else the shared ones.
func (l *loader) redisFor(use redisUse) connection {
	r := &l.cfg.Database.Redis
	var c connection
	nodes, nodesKey := l.clusterNodes(use)
	switch {
	case use.override != "":
		c = l.fromURL(use.overrideKey, use.override)
	case use.cluster && len(nodes) > 0:
		c = r.clusterConnection(nodes)
		c.Source = nodesKey
	case r.URL != "":
		c = l.fromURL("database.redis.url", r.URL)
	case len(r.Sentinels) > 0 && !use.cluster:
		c = r.sentinelConnection()
	default:
		c = l.hostConnection()
	}
	if use.cluster {
		c.Mode, c.DB = "cluster", 0
	}
	c.PoolSize = r.PoolSize
	if r.MasterTLS.Enabled || c.TLS != nil {
		c.TLS = r.MasterTLS.options()
	}
	return c
}

func (l *loader) fromURL(key string, address Secret) connection {
	c, err := parseRedisURL(address.Reveal())
	if err != nil {
		l.addf(key, "%w", err)
	}
	c.Source = key
	return c
}

// clusterNodes returns the nodes to start from, and the key that named them;
// none means the single address.
func (l *loader) clusterNodes(use redisUse) (RedisNodes, string) {
	r := &l.cfg.Database.Redis
	switch {
	case len(use.nodes) > 0:
		return use.nodes, use.nodesKey
	case len(r.Cluster.Nodes) > 0:
		return r.Cluster.Nodes, "database.redis.cluster.nodes"
	}
	return r.LegacyNodes, "database.redis.cluster_nodes"
}

func (r *Redis) clusterConnection(nodes RedisNodes) connection {
	c := connection{Username: first(r.Cluster.Username, r.Username), Password: first(r.Cluster.Password, r.Password).Reveal()}
	useTLS := r.Cluster.UseTLS
	for _, n := range nodes {
		c.Addresses = append(c.Addresses, n.String())
		useTLS = useTLS || n.TLS
		if n.Password != "" {
			c.Username, c.Password = n.Username, n.Password.Reveal()
		}
	}
	if useTLS {
		c.TLS = &redisTLS{}
	}
	return c
}

func (r *Redis) sentinelConnection() connection {
	c := connection{
		Mode: "sentinel", Source: "database.redis.sentinels", MasterName: r.MasterName, DB: r.DB, Username: r.Username, Password: r.Password.Reveal(),
		SentinelUsername: r.SentinelUsername, SentinelPassword: r.SentinelPassword.Reveal(),
	}
	for _, n := range r.Sentinels {
		c.Addresses = append(c.Addresses, n.String())
	}
	if r.SentinelTLS.Enabled {
		c.SentinelTLS = MasterTLS(r.SentinelTLS).options()
	}
	return c
}

// hostConnection is database.redis.host, which may be a URL, and port.
func (l *loader) hostConnection() connection {
	r := &l.cfg.Database.Redis
	c := connection{Mode: "standalone", Source: "database.redis.host", DB: r.DB, Username: r.Username, Password: r.Password.Reveal()}
	_, host, isURL := strings.Cut(r.Host, "://")
	if !isURL {
		host = r.Host
	}
	node, err := parseNode(strings.TrimSuffix(host, "/"), RedisNode{Port: r.Port})
	if err != nil || strings.Contains(host, "@") {
		l.addf("database.redis.host", "must be a host; credentials belong into username and password")
	}
	c.Addresses = []string{node.String()}
	if strings.HasPrefix(r.Host, "rediss://") {
		c.TLS = &redisTLS{}
	}
	return c
}

func (t MasterTLS) options() *redisTLS {
	return &redisTLS{t.AcceptInvalidCerts, t.CAPath, t.ClientCertPath, t.ClientKeyPath}
}

// first returns the first value that is not empty.
func first[T ~string](values ...T) T {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// prefixOr returns the prefix, or for null the shared one followed by what the
// component keeps.
func (r *Redis) prefixOr(prefix *string, what string) string {
	if prefix != nil {
		return *prefix
	}
	return r.KeyPrefix + what
}
