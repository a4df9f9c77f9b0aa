// Package testserver starts real servers for tests: Redis, databases, queues.
//
// Each function starts a server on a free port of the loopback interface, in a
// directory of its own, waits until it answers, and ends it with the test that
// asked for it. Process gives the means to make trouble: Kill, Pause, Restart.
//
// A test hands its *testing.T to these functions. Servers that all tests of a
// package share are started with Package instead, and TestMain calls Run:
//
//	var redis = sync.OnceValue(func() *testserver.Redis { return testserver.StartRedis(testserver.Package) })
//
//	func TestMain(m *testing.M) { os.Exit(testserver.Run(m)) }
//
// Servers end even if the test process is killed. The programs are installed by
// `make deps`; a test whose server cannot be started fails and says so.
package testserver
