// Plugin sql keeps apps in a table of PostgreSQL, MySQL or MariaDB.
//
// What both databases share stands in files without a prefix: options, the table
// (column, catalogue, schema), the way from row to app and back (decode, encode),
// the app manager (find, write) and how changes are noticed (watch, poll). A database
// is what the interfaces database and dialect say; postgres_* and mysql_*
// implement them.
//
// Rows travel as text, in both directions: the type of a column matters to the
// database only, and one decoder reads whatever stands in the table.
package main
