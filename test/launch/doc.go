// Package launch builds the real binaries once and starts them for the tests
// that look at Jackfield from outside.
//
// A TestMain calls Build before the tests, with the plugins that it wants beside
// memory, and Remove after them:
//
//	func TestMain(m *testing.M) {
//		built, err := launch.Build() // or with plugins beside memory: Build("sqs")
//		...
//		code := m.Run()
//		built.Remove()
//		os.Exit(code)
//	}
//
// A test starts as many servers as it likes with Binaries.Start. Each has ports,
// a run directory and a configuration of its own, and is stopped when its test
// ends; what it logged is shown if the test failed.
package launch
