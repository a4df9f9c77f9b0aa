// Package compat holds the names that users bring along from the server whose
// configuration we accept: key prefixes, table names, environment names.
//
// They stand here and nowhere else, so that everybody can see in one screen how
// far the compatibility of names goes. The constants are for code; [Expand] is
// for text such as struct tags, which cannot mention a constant.
package compat
