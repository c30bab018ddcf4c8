package store

import "database/sql"

// Pools shows the connection pools to tests: the writers' first.
func (s *Store) Pools() []*sql.DB { return s.pools }
