package jobs_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/jobs"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/store/storetest"
)

type letter struct {
	To string `json:"to"`
}

func (letter) Kind() string { return "letter" }

type sweep struct{}

func (sweep) Kind() string { return "sweep" }

var errOops = errors.New("oops")

func TestJobIsDoneOnceAfterTheCommit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, done := listening(t, s)
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			if err := q.Add(t.Context(), tx, letter{To: "sonia@wagner.example"}); err != nil {
				return err
			}
			select {
			case got := <-done:
				t.Errorf("%v was done before the commit", got)
			case <-time.After(100 * time.Millisecond):
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := next(t, done); got != "sonia@wagner.example" {
			t.Errorf("got %q", got)
		}
		idle(t, q)
		select {
		case got := <-done:
			t.Errorf("%q was done again", got)
		case <-time.After(1500 * time.Millisecond): // beyond a look for jobs of others
		}
	})
}

func TestDatabaseInMemoryHasAQueueToo(t *testing.T) {
	s := open(t, "sqlite::memory:")
	q, done := listening(t, s)
	add(t, s, q, letter{To: "memory"})
	idle(t, q)
	if got := next(t, done); got != "memory" {
		t.Errorf("got %q", got)
	}
}

func TestRolledBackTransactionAsksForNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, done := listening(t, s)
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			if err := q.Add(t.Context(), tx, letter{To: "nobody"}); err != nil {
				return err
			}
			return errOops
		})
		if !errors.Is(err, errOops) {
			t.Fatal(err)
		}
		add(t, s, q, letter{To: "somebody"})
		idle(t, q)
		if got := next(t, done); got != "somebody" {
			t.Errorf("the rolled-back job was done: %q", got)
		}
		if len(done) > 0 {
			t.Errorf("also done: %q", <-done)
		}
	})
}

func TestJobsNeedATransactionThatWrites(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, _ := listening(t, s)
		err := s.Read(t.Context(), func(tx *store.Tx) error { return q.Add(t.Context(), tx, letter{}) })
		if err == nil {
			t.Error("a job was added while reading")
		}
	})
}

func TestJobOfUnknownKindIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, _ := listening(t, s)
		err := s.Write(t.Context(), func(tx *store.Tx) error { return q.Add(t.Context(), tx, sweep{}) })
		if err == nil {
			t.Error("a job was added that nobody does")
		}
	})
}

func TestJobStartsSoonAfterTheCommit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, done := listening(t, s)
		var total time.Duration
		const rounds = 10
		for range rounds {
			add(t, s, q, letter{To: "a"})
			committed := time.Now()
			next(t, done)
			total += time.Since(committed)
			time.Sleep(7 * time.Millisecond)
		}
		// Looking once a second alone would take half a second on average.
		if average := total / rounds; average > 350*time.Millisecond {
			t.Errorf("a job waited %v on average", average)
		}
	})
}

func TestSlowCommitDelaysAJobNoLongerThanItself(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, done := listening(t, s)
		err := s.Write(t.Context(), func(tx *store.Tx) error {
			err := q.Add(t.Context(), tx, letter{To: "a"})
			time.Sleep(200 * time.Millisecond)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		committed := time.Now()
		next(t, done)
		if waited := time.Since(committed); waited > 450*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestFailedJobIsDoneLater(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q := newQueue(t, s, jobs.Options{FirstRetry: 20 * time.Millisecond})
		var runs []jobs.Run
		done := make(chan bool, 1)
		jobs.Handle(q, func(ctx context.Context, _ letter) error {
			runs = append(runs, jobs.Current(ctx))
			if len(runs) < 3 {
				return errOops
			}
			done <- true
			return nil
		})
		start(t, q)
		before := time.Now().Add(-time.Second)
		add(t, s, q, letter{})
		next(t, done)
		for i, run := range runs {
			if run.Attempt != i+1 || run.ID == "" || run.ID != runs[0].ID || !run.AddedAt.Equal(runs[0].AddedAt) {
				t.Errorf("attempt %d: got %+v, the first was %+v", i+1, run, runs[0])
			}
			if run.AddedAt.Before(before.Add(-time.Minute)) || run.AddedAt.After(time.Now().Add(time.Minute)) {
				t.Errorf("added at %v", run.AddedAt)
			}
		}
	})
}

func TestQueueOutlivesTheContextOfItsStart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, done := listening(t, s, jobs.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		add(t, s, q, letter{To: "late"})
		if got := next(t, done); got != "late" {
			t.Errorf("got %q", got)
		}
	})
}

func TestJobsHaveIDsOfTheirOwn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q := newQueue(t, s, jobs.Options{})
		ids := make(chan string, 2)
		jobs.Handle(q, func(ctx context.Context, _ letter) error {
			ids <- jobs.Current(ctx).ID
			return nil
		})
		start(t, q)
		add(t, s, q, letter{})
		add(t, s, q, letter{})
		first, second := next(t, ids), next(t, ids)
		if first == second {
			t.Errorf("both are %q", first)
		}
		if _, err := uuid.Parse(first); err != nil {
			t.Errorf("%q may be that of a job in another database", first)
		}
	})
}

func TestPermanentErrorGivesAJobUpAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		var log bytes.Buffer
		q := newQueue(t, s, jobs.Options{FirstRetry: time.Millisecond, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
		var attempts atomic.Int32
		jobs.Handle(q, func(context.Context, letter) error {
			attempts.Add(1)
			return fmt.Errorf("letter: %w", jobs.Permanent(errOops))
		})
		start(t, q)
		add(t, s, q, letter{To: "sonia@wagner.example"})
		waitFor(t, q, jobs.Counts{Dead: 1})
		time.Sleep(50 * time.Millisecond)
		if got := attempts.Load(); got != 1 {
			t.Errorf("%d attempts", got)
		}
		stop(t, q)
		if !strings.Contains(log.String(), "given up") || !strings.Contains(log.String(), "oops") {
			t.Errorf("the operator is not told: %s", log.String())
		}
		if strings.Contains(log.String(), "wagner") {
			t.Errorf("the log shows what the job held: %s", log.String())
		}
	})
}

func TestJobIsGivenUpAfterTheLastAttempt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		var log bytes.Buffer
		q := newQueue(t, s, jobs.Options{FirstRetry: time.Millisecond, Attempts: 3, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
		var attempts atomic.Int32
		jobs.Handle(q, func(context.Context, letter) error {
			attempts.Add(1)
			return errOops
		})
		start(t, q)
		add(t, s, q, letter{To: "sonia@wagner.example"})
		waitFor(t, q, jobs.Counts{Dead: 1})
		if got := attempts.Load(); got != 3 {
			t.Errorf("%d attempts", got)
		}
		stop(t, q)
		if strings.Contains(log.String(), "wagner") || !strings.Contains(log.String(), "oops") {
			t.Errorf("log: %s", log.String())
		}
	})
}

func TestPanicIsAnErrorOfOneJob(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q := newQueue(t, s, jobs.Options{FirstRetry: 20 * time.Millisecond})
		var attempts atomic.Int32
		done := make(chan string, 2)
		jobs.Handle(q, func(_ context.Context, job letter) error {
			if job.To == "panic" && attempts.Add(1) == 1 {
				panic("at once")
			}
			done <- job.To
			return nil
		})
		start(t, q)
		add(t, s, q, letter{To: "panic"})
		idle(t, q)
		add(t, s, q, letter{To: "other"})
		if diff := cmp.Diff(map[string]bool{"panic": true, "other": true}, map[string]bool{next(t, done): true, next(t, done): true}); diff != "" {
			t.Errorf("done (-want +got):\n%s", diff)
		}
	})
}

func TestTwoQueuesShareTheWork(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		const count = 100
		var mutex sync.Mutex
		times := map[string]int{}
		byQueue := make([]int, 2)
		done := make(chan bool, 2*count)
		queues := make([]*jobs.Queue, 2)
		for i := range queues {
			queues[i] = newQueue(t, open(t, url), jobs.Options{Poll: 10 * time.Millisecond, Workers: 2})
			jobs.Handle(queues[i], func(_ context.Context, job letter) error {
				time.Sleep(2 * time.Millisecond)
				mutex.Lock()
				defer mutex.Unlock()
				times[job.To]++
				byQueue[i]++
				done <- true
				return nil
			})
			start(t, queues[i])
		}
		for i := range count {
			add(t, s, queues[0], letter{To: fmt.Sprint(i)})
		}
		for range count {
			next(t, done)
		}
		idle(t, queues[1])
		mutex.Lock()
		defer mutex.Unlock()
		for job, n := range times {
			if n != 1 {
				t.Errorf("job %s was done %d times", job, n)
			}
		}
		if len(times) != count || byQueue[0] == 0 || byQueue[1] == 0 {
			t.Errorf("%d jobs done, by queue %v", len(times), byQueue)
		}
	})
}

func TestTransactionsAndJobsDoNotHoldEachOtherUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q := newQueue(t, s, jobs.Options{})
		var done atomic.Int32
		jobs.Handle(q, func(ctx context.Context, _ letter) error {
			// Jobs write as well, and ask for no others.
			return s.Write(ctx, func(*store.Tx) error { done.Add(1); return nil })
		})
		start(t, q)
		const writers, each = 10, 20
		began := time.Now()
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range each {
					add(t, s, q, letter{To: "a"})
				}
			})
		}
		group.Wait()
		idle(t, q)
		if got := done.Load(); got != writers*each {
			t.Errorf("%d of %d jobs done", got, writers*each)
		}
		t.Logf("%d transactions and their jobs in %v", writers*each, time.Since(began))
	})
}

func TestIdleWaitsForWhatIsRunning(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q := newQueue(t, s, jobs.Options{})
		var finished atomic.Bool
		jobs.Handle(q, func(context.Context, letter) error {
			time.Sleep(100 * time.Millisecond)
			finished.Store(true)
			return nil
		})
		start(t, q)
		idle(t, q) // nothing was asked for
		add(t, s, q, letter{})
		idle(t, q)
		if !finished.Load() {
			t.Error("returned while a job was running")
		}
	})
}

func TestIdleWaitsForTheJobOfAnotherProcess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s, other := open(t, url), open(t, url)
		q := newQueue(t, s, jobs.Options{})
		var finished atomic.Bool
		begun := make(chan bool, 1)
		jobs.Handle(q, func(context.Context, letter) error {
			begun <- true
			time.Sleep(100 * time.Millisecond)
			finished.Store(true)
			return nil
		})
		start(t, q)
		add(t, s, q, letter{})
		next(t, begun)
		idle(t, newQueue(t, other, jobs.Options{}))
		if !finished.Load() {
			t.Error("returned while another process was at work")
		}
	})
}

func TestIdleWaitsForALongJobOfItsOwnProcess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q := newQueue(t, s, jobs.Options{})
		begun, release := make(chan bool, 1), make(chan bool)
		jobs.Handle(q, func(context.Context, letter) error {
			begun <- true
			<-release
			return nil
		})
		start(t, q)
		add(t, s, q, letter{})
		next(t, begun)
		if _, err := s.SQL().ExecContext(t.Context(), "UPDATE river_job SET attempted_at = "+anHourAgo(s)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := q.Idle(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v while a job was running", err)
		}
		close(release)
		idle(t, q)
	})
}

func TestIdleDoesNotWaitForAJobThatFailed(t *testing.T) {
	// River treats what comes back within five seconds otherwise than the rest.
	for _, pause := range []time.Duration{4 * time.Second, time.Hour} {
		storetest.Each(t, func(t *testing.T, url string) {
			s := open(t, url)
			q := newQueue(t, s, jobs.Options{FirstRetry: pause})
			jobs.Handle(q, func(context.Context, letter) error { return errOops })
			start(t, q)
			add(t, s, q, letter{})
			began := time.Now()
			idle(t, q)
			if waited := time.Since(began); waited > 2*time.Second {
				t.Errorf("waited %v", waited)
			}
			waitFor(t, q, jobs.Counts{Waiting: 1})
		})
	}
}

func TestIdleEndsWithItsContext(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q := newQueue(t, s, jobs.Options{}) // not started
		jobs.Handle(q, func(context.Context, letter) error { return nil })
		add(t, s, q, letter{})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := q.Idle(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestFinishedJobsHoldNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, done := listening(t, s)
		add(t, s, q, letter{To: "sonia@wagner.example"})
		next(t, done)
		idle(t, q)
		var rows, holding int
		err := s.SQL().QueryRowContext(t.Context(), "SELECT count(*), count(CASE WHEN CAST(args AS text) <> '{}' THEN 1 END) FROM river_job").Scan(&rows, &holding)
		if err != nil {
			t.Fatal(err)
		}
		if rows != 1 || holding != 0 {
			t.Errorf("%d of %d finished jobs still hold what they were about", holding, rows)
		}
	})
}

func TestJobOfAKilledProcessIsDoneByAnother(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, done := listening(t, s, jobs.Options{Timeout: time.Second, FirstRetry: time.Millisecond})
		add(t, s, newStranger(t, s), letter{To: "left behind"})
		// What a killed process leaves: a row that says somebody is at it, for
		// longer than anybody may be.
		begun := "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = " + anHourAgo(s)
		if _, err := s.SQL().ExecContext(t.Context(), begun); err != nil {
			t.Fatal(err)
		}
		idle(t, q) // the dead are not waited for
		start(t, q)
		select {
		case got := <-done:
			if got != "left behind" {
				t.Errorf("got %q", got)
			}
		case <-time.After(30 * time.Second):
			t.Error("the job was never done")
		}
	})
}

func TestStopLetsJobsFinish(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q := newQueue(t, s, jobs.Options{})
		begun := make(chan bool, 1)
		var finished atomic.Bool
		jobs.Handle(q, func(ctx context.Context, _ letter) error {
			begun <- true
			select {
			case <-time.After(200 * time.Millisecond):
				finished.Store(true)
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		start(t, q)
		add(t, s, q, letter{})
		next(t, begun)
		stop(t, q)
		if !finished.Load() {
			t.Error("the job was cut short")
		}
	})
}

func TestStopCutsJobsShortWhenItsContextEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q := newQueue(t, s, jobs.Options{})
		begun, ended := make(chan bool, 1), make(chan error, 1)
		jobs.Handle(q, func(ctx context.Context, _ letter) error {
			begun <- true
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		})
		start(t, q)
		add(t, s, q, letter{})
		next(t, begun)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := q.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want to be told", err)
		}
		next(t, ended)
		if counts, err := q.Counts(t.Context()); err != nil || counts != (jobs.Counts{Waiting: 1}) {
			t.Errorf("got %+v, %v; the job has to be tried again", counts, err)
		}
	})
}

func TestJobIsCutShortAfterTheTimeout(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q := newQueue(t, s, jobs.Options{Timeout: 50 * time.Millisecond})
		ended := make(chan error, 1)
		jobs.Handle(q, func(ctx context.Context, _ letter) error {
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		})
		start(t, q)
		add(t, s, q, letter{})
		if err := next(t, ended); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestEveryAsksAtTheStartAndThenAgainAndAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, often := listening(t, s, jobs.Options{})
		seldom := make(chan bool, 10)
		jobs.Handle(q, func(context.Context, sweep) error {
			seldom <- true
			return nil
		})
		q.Every(time.Hour, sweep{})
		q.Every(time.Second, letter{})
		start(t, q)
		next(t, seldom)
		next(t, often)
		next(t, often)
		if len(seldom) > 0 {
			t.Error("the hourly job was asked for again")
		}
	})
}

func TestJobsAreAddedBeforeTheStart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, done := listening(t, s, jobs.Options{Workers: 1})
		stop(t, q)
		waiting := newStranger(t, s)
		add(t, s, waiting, letter{To: "early"})
		if counts, err := waiting.Counts(t.Context()); err != nil || counts != (jobs.Counts{Due: 1}) {
			t.Errorf("got %+v, %v", counts, err)
		}
		start(t, q)
		if got := next(t, done); got != "early" {
			t.Errorf("got %q", got)
		}
	})
}

func TestManyReplicasMigrateAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		var group sync.WaitGroup
		for range 8 {
			s, err := store.Open(t.Context(), store.Config{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			q, err := jobs.New(s, jobs.Options{})
			if err != nil {
				t.Fatal(err)
			}
			group.Go(func() {
				if err := q.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		s := open(t, url)
		var versions, different int
		if err := s.SQL().QueryRowContext(t.Context(), "SELECT count(version), count(DISTINCT version) FROM river_migration").Scan(&versions, &different); err != nil {
			t.Fatal(err)
		}
		if versions == 0 || versions != different {
			t.Errorf("%d steps were made, %d different ones", versions, different)
		}
	})
}

func TestStartAndStopAreQuick(t *testing.T) {
	s, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "clientele.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	q, err := jobs.New(s, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	jobs.Handle(q, func(context.Context, letter) error { return nil })
	began := time.Now()
	if err := q.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	start(t, q)
	started := time.Now()
	stop(t, q)
	stopped := time.Now()
	t.Logf("migrated and started in %v, stopped in %v", started.Sub(began), stopped.Sub(started))
	// Services in tests begin and end by the hundred. The bounds are generous:
	// what they have to catch is a wait of a second.
	if up, down := started.Sub(began), stopped.Sub(started); up > 500*time.Millisecond || down > 500*time.Millisecond {
		t.Errorf("took %v to start and %v to stop", up, down)
	}
}

func TestAQueueThatNeverStartedIsStopped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		stop(t, newQueue(t, open(t, url), jobs.Options{}))
	})
}

func TestPermanentOfNothingIsNothing(t *testing.T) {
	if err := jobs.Permanent(nil); err != nil {
		t.Errorf("got %v", err)
	}
	if err := jobs.Permanent(errOops); !errors.Is(err, errOops) {
		t.Errorf("%v hides its cause", err)
	}
}

func TestOutsideOfAJobThereIsNoRun(t *testing.T) {
	if run := jobs.Current(t.Context()); run != (jobs.Run{}) {
		t.Errorf("got %+v", run)
	}
}

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	q, err := jobs.New(s, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// newQueue makes a queue that is stopped before its store is closed.
func newQueue(t *testing.T, s *store.Store, options jobs.Options) *jobs.Queue {
	t.Helper()
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	q, err := jobs.New(s, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = q.Stop(ctx)
	})
	return q
}

// listening starts a queue whose letters can be read from a channel. With
// options it is left to the test to start it.
func listening(t *testing.T, s *store.Store, options ...jobs.Options) (*jobs.Queue, chan string) {
	t.Helper()
	options = append(options, jobs.Options{})
	q := newQueue(t, s, options[0])
	done := make(chan string, 100)
	jobs.Handle(q, func(_ context.Context, job letter) error {
		done <- job.To
		return nil
	})
	if len(options) == 1 {
		start(t, q)
	}
	return q, done
}

// anHourAgo is a time in the SQL of the database.
func anHourAgo(s *store.Store) string {
	if s.Dialect() == "sqlite" {
		return "datetime('now', 'subsec', '-1 hour')"
	}
	return "now() - interval '1 hour'"
}

// newStranger makes a queue that adds letters and does none.
func newStranger(t *testing.T, s *store.Store) *jobs.Queue {
	t.Helper()
	q := newQueue(t, s, jobs.Options{})
	jobs.Handle(q, func(context.Context, letter) error { return errOops })
	return q
}

func start(t *testing.T, q *jobs.Queue) {
	t.Helper()
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func stop(t *testing.T, q *jobs.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := q.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, s *store.Store, q *jobs.Queue, job jobs.Job) {
	t.Helper()
	if err := s.Write(t.Context(), func(tx *store.Tx) error { return q.Add(t.Context(), tx, job) }); err != nil {
		t.Error(err)
	}
}

func idle(t *testing.T, q *jobs.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := q.Idle(ctx); err != nil {
		t.Fatal(err)
	}
}

func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case got := <-from:
		return got
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// waitFor returns when the jobs stand as wanted.
func waitFor(t *testing.T, q *jobs.Queue, want jobs.Counts) {
	t.Helper()
	var got jobs.Counts
	for range 1000 {
		var err error
		if got, err = q.Counts(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("got %+v, want %+v", got, want)
}

// call waits for a machine of somebody else.
type call struct {
	To string `json:"to"`
}

func (call) Kind() string { return "call" }

func (call) Queue() string { return "calls" }

func TestJobsElsewhereHoldUpNoOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, letters := listening(t, s, jobs.Options{Workers: 1, Queues: map[string]int{"calls": 2}})
		called, release := make(chan string, 9), make(chan bool)
		jobs.Handle(q, func(_ context.Context, job call) error {
			called <- job.To
			<-release
			return nil
		})
		start(t, q)
		began := time.Now()
		add(t, s, q, call{To: "a"})
		add(t, s, q, call{To: "b"})
		next(t, called)
		next(t, called)
		t.Logf("both were begun after %v", time.Since(began)) // and not at the next look, five seconds later
		add(t, s, q, letter{To: "ada"})
		if got := next(t, letters); got != "ada" {
			t.Errorf("got %q", got)
		}
		// Whatever goes on elsewhere. A job that counts is waited for five seconds at least.
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		if err := q.Idle(ctx); err != nil {
			t.Error(err)
		}
		close(release)
		waitFor(t, q, jobs.Counts{})
	})
}

func TestAJobIsDoneWhenItsTimeHasCome(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q, done := listening(t, s)
		later := func(to string, wait time.Duration) {
			if err := s.Write(t.Context(), func(tx *store.Tx) error { return q.AddAfter(t.Context(), tx, letter{To: to}, wait) }); err != nil {
				t.Fatal(err)
			}
		}
		later("next year", 365*24*time.Hour)
		later("soon", 100*time.Millisecond)
		idle(t, q)
		if got := next(t, done); got != "soon" {
			t.Errorf("got %q", got)
		}
		waitFor(t, q, jobs.Counts{Waiting: 1})
	})
}

func TestAQueueThatEndsSaysSo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s := open(t, url)
		q := newQueue(t, s, jobs.Options{})
		begun := make(chan bool, 1)
		jobs.Handle(q, func(context.Context, letter) error {
			begun <- q.Ending()
			for !q.Ending() {
				time.Sleep(time.Millisecond)
			}
			return nil
		})
		start(t, q)
		add(t, s, q, letter{})
		if next(t, begun) {
			t.Error("it ends before it is told to")
		}
		stop(t, q)
	})
}
