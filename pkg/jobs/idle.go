package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

const (
	shortestLook = 2 * time.Millisecond
	longestLook  = 50 * time.Millisecond
)

// Idle returns when all jobs have been done that were due: none is left to be
// begun, and none is running. Jobs that wait for another attempt are not due. A
// job that another process began is waited for up to five seconds after its
// beginning, since that process may be gone. Jobs of further queues do not count: how
// long they take is up to machines of others.
//
// It returns the context's error when that ends first, as it must when the
// queue is not running anywhere.
func (q *Queue) Idle(ctx context.Context) error {
	for pause := shortestLook; ; pause = min(2*pause, longestLook) {
		busy, err := q.busy(ctx)
		if err != nil {
			return fmt.Errorf("job queue: %w", err)
		}
		if !busy {
			return nil
		}
		q.driver.bell.ring(river.QueueDefault)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (q *Queue) busy(ctx context.Context) (bool, error) {
	if q.running.Load() > 0 {
		return true, nil
	}
	var found int
	err := q.store.SQL().QueryRowContext(ctx, `
		SELECT count(*)
		FROM   river_job
		WHERE  queue = '`+river.QueueDefault+`'
		AND   (state = 'available' AND scheduled_at <= `+q.driver.now+`
		   OR  state = 'running'   AND attempted_at >  `+q.driver.ago+`)`).Scan(&found)
	return found > 0, err
}
