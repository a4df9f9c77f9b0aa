// Package guard holds no code, only tests: they read the whole workspace and
// fail where a rule of the architecture is broken. docs/architecture.md says
// why the rules are there; each failure names the rule and the place.
package guard
