package config

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// validateStores checks the store of apps that is in use.
func (l *loader) validateStores() {
	db := l.cfg.Database
	switch l.cfg.AppManager.Driver {
	case driverMySQL:
		l.checkSQL("database.mysql", db.MySQL.Host, db.MySQL.TableName)
		l.checkPool("database.mysql.pool_min", db.MySQL.PoolMin, db.MySQL.PoolMax)
		l.checkSSL("database.mysql", db.MySQL.SSLCA, db.MySQL.SSLCert, db.MySQL.SSLKey)
	case driverPostgres:
		l.checkSQL("database.postgres", db.Postgres.Host, db.Postgres.TableName)
		l.checkPool("database.postgres.pool_min", db.Postgres.PoolMin, db.Postgres.PoolMax)
		l.checkSSL("database.postgres", db.Postgres.SSLCA, db.Postgres.SSLCert, db.Postgres.SSLKey)
	case driverDynamoDB:
		l.checkEndpoint("database.dynamodb.endpoint_url", db.DynamoDB.EndpointURL)
		if (db.DynamoDB.AccessKeyID == "") != (db.DynamoDB.SecretAccessKey == "") {
			l.addf("database.dynamodb.aws_access_key_id", "and aws_secret_access_key belong together; set both or none")
		}
		if (db.DynamoDB.ReadCapacity == 0) != (db.DynamoDB.WriteCapacity == 0) {
			l.addf("database.dynamodb.read_capacity", "and write_capacity belong together; set both or none")
		}
	case driverScyllaDB:
		l.checkScylla(db.ScyllaDB)
	}
	if l.cfg.Queue.Driver == driverSQS {
		l.checkSQS(&l.cfg.Queue.SQS)
	}
}

func (l *loader) checkSQS(s *SQS) {
	const fifo = ".fifo"
	l.checkEndpoint("queue.sqs.endpoint_url", s.EndpointURL)
	l.checkEndpoint("queue.sqs.queue_url_prefix", s.QueueURLPrefix)
	l.checkEndpoint("queue.sqs.queue_url", s.QueueURL)
	if (s.AccessKeyID == "") != (s.SecretAccessKey == "") {
		l.addf("queue.sqs.aws_access_key_id", "and aws_secret_access_key belong together; set both or none")
	}
	if s.QueueURL != "" && s.QueueURLPrefix != "" {
		l.addf("queue.sqs.queue_url", "cannot stand beside queue_url_prefix; keep one of them")
	}
	if s.QueueURL != "" && strings.HasSuffix(s.QueueURL, fifo) != s.FIFO {
		l.addf("queue.sqs.fifo", "is %t, but queue_url is %s; FIFO queues, and only they, end in %s", s.FIFO, s.QueueURL, fifo)
	}
}

func (l *loader) checkSQL(section, host, table string) {
	if host == "" || strings.ContainsAny(host, " @") {
		l.addf(section+".host", "%w", mustBe("a host name, an IP address or the path of a socket", host))
	}
	for part := range strings.SplitSeq(table, ".") {
		if !identifier.MatchString(part) {
			l.addf(section+".table_name", "%w", mustBe("letters, digits and _, after a schema and a dot if any", table))
			return
		}
	}
}

func (l *loader) checkSSL(section, ca, cert, key string) {
	l.checkFile(section+".ssl_ca", ca)
	l.checkPair(section+".ssl_cert", cert, section+".ssl_key", key)
}

// checkPool compares the sizes of a pool as they will be used.
func (l *loader) checkPool(key string, least, most *uint32) {
	pooling := l.cfg.Pooling
	low, high := pooling.Min, pooling.Max
	if least != nil {
		low = *least
	} else {
		key = "database_pooling.min"
	}
	if most != nil {
		high = *most
	}
	if low > high && (pooling.Enabled || least != nil && most != nil) {
		l.addf(key, "must be at most the maximum (%d), is %d", high, low)
	}
}

func (l *loader) checkEndpoint(key, address string) {
	if address == "" {
		return
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		l.addf(key, "must be a URL that begins with http:// or https://")
	}
}

func (l *loader) checkScylla(s ScyllaDB) {
	if len(s.Nodes) == 0 {
		l.addf("database.scylladb.nodes", "must hold at least one node")
	}
	for _, node := range s.Nodes {
		if _, err := parseNode(node, RedisNode{Port: 9042}); err != nil || strings.Contains(node, "://") {
			l.addf("database.scylladb.nodes", "must hold host:port, has %s", describe(node))
		}
	}
	l.checkSSL("database.scylladb", s.SSLCA, s.SSLCert, s.SSLKey)
	for key, name := range map[string]string{"keyspace": s.Keyspace, "table_name": s.TableName} {
		if !identifier.MatchString(name) {
			l.addf("database.scylladb."+key, "%w", mustBe("letters, digits and _", name))
		}
	}
}

// validateRedis checks the shared Redis, if any component uses it.
func (l *loader) validateRedis() {
	r := l.cfg.Database.Redis
	if !l.usesRedis() {
		return
	}
	if r.URL != "" && len(r.Sentinels) > 0 {
		l.warnf("database.redis.sentinels", "are not used, because %s goes before them", l.givenBy("database.redis.url"))
	}
	l.checkTLS("database.redis.master_tls", r.MasterTLS)
	l.checkTLS("database.redis.sentinel_tls", MasterTLS(r.SentinelTLS))
}

func (l *loader) usesRedis() bool {
	for _, driver := range l.cfg.drivers() {
		if driver == driverRedis || driver == driverRedisCluster {
			return true
		}
	}
	return false
}

func (l *loader) checkTLS(section string, t MasterTLS) {
	l.checkFile(section+".ca_path", t.CAPath)
	l.checkPair(section+".client_cert_path", t.ClientCertPath, section+".client_key_path", t.ClientKeyPath)
}

// checkPair demands that a certificate and its key are both there, or neither.
func (l *loader) checkPair(certKey, cert, keyKey, key string) {
	if (cert == "") != (key == "") {
		given := certKey
		if cert == "" {
			given = keyKey
		}
		l.addf(given, "must come with its other half: %s and %s belong together", certKey, keyKey)
	}
	l.checkFile(certKey, cert)
	l.checkFile(keyKey, key)
}

var sha256Hex = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// builtIn are our own plugins, whose drivers have sections of their own.
var builtIn = map[string]string{
	"memory": "cache.memory, queue.reliability and app_manager.array", "redis": "cache, queue, rate_limiter, adapter and database.redis",
	"sql": "database.mysql and database.postgres", "dynamodb": "database.dynamodb", "scylla": "database.scylladb", "sqs": "queue.sqs",
}

func (l *loader) validatePlugins() {
	for name, p := range l.cfg.Plugins {
		key := "plugins." + name
		if p.Path != "" && p.Address != "" {
			l.addf(key+".path", "and address exclude each other: start a program, or attach to a running one")
		}
		if p.SHA256 != "" && !sha256Hex.MatchString(p.SHA256) {
			l.addf(key+".sha256", "%w", mustBe("64 hexadecimal digits", p.SHA256))
		}
		l.checkAddress(key, p)
		l.checkFile(key+".tls.ca_path", p.TLS.CAPath)
		l.checkPair(key+".tls.cert_path", p.TLS.CertPath, key+".tls.key_path", p.TLS.KeyPath)
		if sections := builtIn[name]; sections != "" && len(p.Config) > 0 {
			l.warnf(key+".config", "has no effect: the options of this plugin's drivers stand in %s", sections)
		}
	}
}

func (l *loader) checkAddress(key string, p *Plugin) {
	if p.Address == "" || strings.HasPrefix(p.Address, "unix:///") {
		return
	}
	if _, err := parseNode(p.Address, RedisNode{}); err != nil || strings.Contains(p.Address, "://") {
		l.addf(key+".address", "%w", mustBe("unix:///path or host:port", p.Address))
		return
	}
	if p.TLS.CAPath == "" || p.TLS.CertPath == "" || p.TLS.KeyPath == "" {
		l.addf(key+".address", "%w", fmt.Errorf(
			"is reached over TCP and needs mutual TLS: set %s.tls.ca_path, cert_path and key_path", key,
		))
	}
}
