package jobs

import (
	"context"
	"fmt"

	"github.com/clientelehq/clientele/pkg/store"
)

// Forget empties all jobs, waiting or given up, whose member called name has
// this value: an erased person must not stay in the queue. A job that is
// emptied is still done, and finds nothing to do. name is one of the members of
// the caller's own jobs, never a request's.
func (q *Queue) Forget(ctx context.Context, tx *store.Tx, name, value string) error {
	_, err := tx.SQL().ExecContext(ctx, "UPDATE river_job SET args = '{}' WHERE CAST(args ->> '"+name+"' AS text) = $1", value)
	if err != nil {
		return fmt.Errorf("job queue: %w", err)
	}
	return nil
}
