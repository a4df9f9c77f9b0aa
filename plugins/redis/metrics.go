package main

import "github.com/jackfield/jackfield/sdk/contract"

func counter(name, help string, value uint64) contract.Sample {
	return contract.Sample{Name: name, Help: help, Kind: contract.Counter, Value: float64(value)}
}

func gauge(name, help string, value float64) contract.Sample {
	return contract.Sample{Name: name, Help: help, Kind: contract.Gauge, Value: value}
}
