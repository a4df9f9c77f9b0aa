// Package config turns flags, environment and a file in JSON, TOML or YAML into
// one checked Config.
//
// Begin with [Load]. It answers with a Config in which every value is set and
// checked, with notices that the operator should read, or with an [Error] that
// lists all problems at once, each with its place and its key. Nothing fails
// later because of a value that was wrong from the start.
//
// A key goes through these files:
//
//	find.go        which file is read
//	substitute.go  ${NAME} in its text
//	document.go    the parsed file; lines_*.go say on which line each key stands
//	fields.go      the table of all keys, made from the tags of the structs
//	value.go       a text of the environment or a value of a file becomes a Go value
//	unknown.go     keys that are not in the table
//	validate.go    values that are wrong together
//	choices.go     which driver serves each kind; options.go says what it is given
//
// The sections are plain structs, one file each. A tag holds everything about a
// key: its name, its environment names, default, bounds and description; the
// reference for users is written from the same tags, so that they agree.
//
// The tags are
//
//	key       name in the file; "" for a struct whose keys stand one level higher
//	env       environment names, the first one that is set counts
//	fallback  environment name that counts only if the file does not set the key
//	default   as it would stand in the environment; none means empty
//	unit      of a time.Duration: s or ms
//	min, max  bounds of numbers
//	oneof     the values that a text may have
//	kind      driver: a driver's name
//	spelled   other spellings of a driver's name
//	alias     another spelling of the key
//	none      none, null and 0 mean "not set"
//	dead      accepted, without effect
//	doc       what it means
//
// {Name} in env and default is a constant of package compat.
package config
