// Package migrations holds the steps that bring a database to the schema of
// this release, for goose. SQLite and PostgreSQL have a folder each: the two
// share hardly a line of their table definitions, and a file that is read as
// it is run needs no template in the reader's head.
//
// A step that was released is never edited. Every step leaves the release
// before it working, so that replicas can be replaced one by one, unless it says
// that they are stopped for it.
package migrations

import "embed"

// Files holds the folders `sqlite` and `postgres`, with the same numbers in
// both.
//
//go:embed sqlite/*.sql postgres/*.sql
var Files embed.FS
