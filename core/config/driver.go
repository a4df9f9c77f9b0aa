package config

import (
	"regexp"
	"strings"
)

// The drivers that have sections of their own. Any other name is a plugin's.
const (
	driverMemory       = "memory"
	driverRedis        = "redis"
	driverRedisCluster = "redis-cluster"
	driverNone         = "none"
	driverLocal        = "local"
	driverMySQL        = "mysql"
	driverPostgres     = "pgsql"
	driverDynamoDB     = "dynamodb"
	driverScyllaDB     = "scylladb"
	driverSQS          = "sqs"
)

var driverName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,63}$`)

// driver returns the one spelling of a driver's name that the rest of the
// server knows.
func (f *field) driver(text string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	if !driverName.MatchString(name) {
		return "", mustBe("the name of a driver", text)
	}
	for pair := range strings.SplitSeq(f.tag.Get("spelled"), ",") {
		if other, canonical, _ := strings.Cut(pair, "="); other == name {
			return canonical, nil
		}
	}
	return name, nil
}

// sectionOf returns the key under which a driver's options stand in its kind's
// section.
func sectionOf(driver string) string { return strings.ReplaceAll(driver, "-", "_") }
