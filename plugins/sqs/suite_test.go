package main

import (
	"testing"

	"github.com/jackfield/jackfield/sdk/contract"
	"github.com/jackfield/jackfield/sdk/plugintest"
	"github.com/jackfield/jackfield/sdk/testserver"
)

// keepsContract runs the suite in all ways. Standard queues lack groups and
// order, both lack exact delays; what SQS counts is an estimate.
func keepsContract(t *testing.T, server *testserver.SQS, fifo bool) {
	s := settings(server.URL, fifo)
	plugintest.AllWays(t, plugintest.BinaryConfig{
		Path: builtPlugin(t), Driver: "sqs", Options: encoded(t, s),
		Suite: plugintest.QueueConfig{
			Open:        func(t *testing.T) contract.Queue { return openTest(t, s) },
			Approximate: true,
		},
	})
}

func TestStandardQueuesOnFauxqsKeepTheContract(t *testing.T) {
	keepsContract(t, fauxqs(), false)
}

func TestFIFOQueuesOnFauxqsKeepTheContract(t *testing.T) {
	keepsContract(t, fauxqs(), true)
}

func TestStandardQueuesOnElasticMQKeepTheContract(t *testing.T) {
	keepsContract(t, elasticMQ(), false)
}

func TestFIFOQueuesOnElasticMQKeepTheContract(t *testing.T) {
	keepsContract(t, elasticMQ(), true)
}
