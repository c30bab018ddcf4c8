package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	earliestKill = 20 * time.Millisecond
	latestKill   = 500 * time.Millisecond
	calmBudget   = 60  // operations under a fault that nobody may notice
	crowded      = 120 // operations before the first kill: without customers there is little to do in so short a time
)

// fault is something that is done to the service, or to those it talks to.
type fault struct {
	name string
	run  func(ctx context.Context, w *world, l *line) error
}

// faults are tried one after the other, each in a world of its own.
var faults = []fault{
	{"kill", kill},
	{"rolled-back", rolledBack},
	{"mail-refuses", mail(refuses)},
	{"mail-garbage", mail(garbage)},
	{"mail-421", mail(closing)},
	{"mail-451", mail(later)},
	{"mail-550", mailRefusedForGood},
	{"mail-stalls", mail(stalls)},
	{"mail-drops", mail(drops)},
	{"mail-no-starttls", mail(unsecured)},
	{"mail-expired", mailExpired},
	{"mail-wait", mailWait},
	{"webhooks-hang", webhooks(hangs)},
	{"webhooks-500", webhooks(refusing)},
	{"webhooks-close", webhooks(breaks)},
	{"webhooks-flood", webhooks(floods)},
	{"webhooks-kill", webhooksKill},
}

// kill kills the service again and again while clients work. Jobs whose process
// was killed are begun anew a minute later, so that the letters are looked at
// after some rounds only.
func kill(ctx context.Context, w *world, l *line) error {
	if err := w.work(ctx, w.clients(), crowded); err != nil {
		return err
	}
	chance := rand.New(rand.NewPCG(w.seed, 0)) // #nosec G404 -- the same for the same seed
	for round := range w.rounds {
		if err := w.killOnce(ctx, chance); err != nil {
			return fmt.Errorf("round %d: %w", round+1, err)
		}
		l.Rounds++
		if l.Rounds%w.batch == 0 || l.Rounds == w.rounds {
			if err := w.settle(ctx); err != nil {
				return fmt.Errorf("after round %d: %w", round+1, err)
			}
		}
	}
	return w.judge(ctx, l, false)
}

// killOnce has clients work, kills the service at a moment by lot after the first
// answer, and starts it again.
func (w *world) killOnce(ctx context.Context, chance *rand.Rand) error {
	working, over := context.WithCancel(ctx)
	defer over()
	worked, l := make(chan error, 1), w.clients()
	go func() { worked <- w.work(working, l, 0) }()
	select {
	case <-l.answered:
	case <-time.After(requestLimit):
	}
	err := pause(ctx, earliestKill+time.Duration(chance.Int64N(int64(latestKill-earliestKill))))
	// The clients are still at it when the process dies, and learn of it from that.
	err = errors.Join(err, w.service.kill())
	over()
	if err = errors.Join(err, <-worked); err != nil {
		return err
	}
	w.api.http.CloseIdleConnections()
	if err := w.service.start(ctx); err != nil {
		return err
	}
	return w.follow(ctx)
}

// rolledBack has nothing break, but much of what is asked for is refused when a
// part of it is done.
func rolledBack(ctx context.Context, w *world, l *line) error {
	l.Rounds = 1
	refused := w.clients()
	refused.refusal = 2
	if err := w.work(ctx, refused, 3*calmBudget); err != nil {
		return err
	}
	if err := w.settle(ctx); err != nil {
		return err
	}
	return w.judge(ctx, l, true)
}

// mail has the mail server fail while clients work, and recover when the service
// has noticed. Clients must not.
func mail(how ailment) func(context.Context, *world, *line) error {
	return func(ctx context.Context, w *world, l *line) error {
		l.Rounds = 1
		if err := w.sink.suffer(how); err != nil {
			return err
		}
		if err := w.work(ctx, w.clients(), calmBudget); err != nil {
			return err
		}
		if err := w.awaitFailure(ctx); err != nil {
			return err
		}
		if how != drops && len(w.sink.received()) > 0 {
			return fmt.Errorf("a mail server that %s has taken letters", how)
		}
		if err := w.sink.suffer(healthy); err != nil {
			return err
		}
		if err := w.settle(ctx); err != nil {
			return err
		}
		if w.sink.exposed > 0 {
			l.fault("%d letters came in clear", w.sink.exposed)
		}
		return w.judge(ctx, l, true)
	}
}

// awaitFailure waits until a letter has failed, so that what follows is another
// attempt. A server that stalls is given up after half a minute.
func (w *world) awaitFailure(ctx context.Context) error {
	return until(ctx, time.Minute, "no letter has failed", func() (bool, error) {
		left, err := w.api.jobs(ctx, "letter_", unfinished...)
		return slices.ContainsFunc(left, func(j job) bool { return j.LastError != nil }), err
	})
}

// mailRefusedForGood expects the letters among the dead jobs, and has an operator
// bring them back. The letter to somebody who was erased is never kept so, and
// nobody is erased here.
func mailRefusedForGood(ctx context.Context, w *world, l *line) error {
	l.Rounds = 1
	if err := w.sink.suffer(never); err != nil {
		return err
	}
	noErasures := w.clients()
	noErasures.without = []string{erase}
	if err := w.work(ctx, noErasures, calmBudget); err != nil {
		return err
	}
	if err := w.settle(ctx); err != nil {
		return err
	}
	operations, err := readLedger(w.ledger.file.Name())
	if err != nil {
		return err
	}
	wanted := 0
	for _, o := range operations {
		if o.Outcome == ok && effects[o.Kind].letter != "" {
			wanted++
		}
	}
	dead, err := w.api.jobs(ctx, "letter_", "dead")
	if err != nil {
		return err
	}
	if len(dead) != wanted || len(w.sink.received()) > 0 {
		l.fault("%d letters are wanted, %d were given up, %d arrived", wanted, len(dead), len(w.sink.received()))
	}
	if err := errors.Join(w.sink.suffer(healthy), w.api.hurry(ctx, dead), w.settle(ctx)); err != nil {
		return err
	}
	return w.judge(ctx, l, true)
}

// mailExpired keeps restore letters waiting. Those that wait for longer than their
// keys are good for are not sent any more; those that wait for less are.
func mailExpired(ctx context.Context, w *world, l *line) error {
	const people = 10
	for range people {
		w.clients().register(w.crowd.newcomer())
	}
	if err := w.settle(ctx); err != nil {
		return err
	}
	if err := w.forgetAndAge(ctx, w.crowd.all[:people/2], 90*time.Minute); err != nil {
		return err
	}
	l.Rounds++
	if err := w.judge(ctx, l, true); err != nil {
		return err
	}
	before := len(w.sink.received())
	if err := w.forgetAndAge(ctx, w.crowd.all[people/2:], 3*time.Hour); err != nil {
		return err
	}
	l.Rounds++
	for range len(w.sink.received()) - before {
		l.blame(&l.Phantom, "a letter arrived whose key was over")
	}
	return nil
}

// forgetAndAge has letters wait until they are so old, and then lets them be sent.
func (w *world) forgetAndAge(ctx context.Context, people []*patron, old time.Duration) error {
	if err := w.sink.suffer(refuses); err != nil {
		return err
	}
	for _, p := range people {
		w.clients().forget(p)
	}
	if err := errors.Join(w.awaitFailure(ctx), w.service.stop(), w.database.age(ctx, old)); err != nil {
		return err
	}
	return errors.Join(w.service.start(ctx), w.sink.suffer(healthy), w.settle(ctx))
}

const (
	mostPairs      = 20
	registrations  = 50  // in one half of a pair
	longestRatio   = 1.2 // of the p99 of registrations
	waitingClients = 2
)

// mailWait compares how long registrations take while the mail server is well
// and while it stalls, in turns: a machine that is busy with other things is so
// in both.
func mailWait(ctx context.Context, w *world, l *line) error {
	took := map[ailment][]time.Duration{}
	for range max(1, min(mostPairs, w.rounds/10)) {
		l.Rounds++
		order := []ailment{healthy, stalls}
		if l.Rounds%2 == 0 {
			slices.Reverse(order)
		}
		for _, how := range order {
			if err := w.sink.suffer(how); err != nil {
				return err
			}
			some, err := w.registerSome(registrations)
			if err != nil {
				return err
			}
			took[how] = append(took[how], some...)
			if err := errors.Join(w.sink.suffer(healthy), w.settle(ctx)); err != nil {
				return err
			}
		}
	}
	well, ill := took[healthy], took[stalls]
	ratio := percentile(ill, 99).Seconds() / percentile(well, 99).Seconds()
	l.note("%d and %d registrations, mail server stalled ÷ well: p50 %.2f, p99 %.2f", len(ill), len(well), percentile(ill, 50).Seconds()/percentile(well, 50).Seconds(), ratio)
	if err := w.judge(ctx, l, true); err != nil {
		return err
	}
	if w.control == slow {
		ratio *= 2
	}
	if ratio > longestRatio {
		l.fault("the p99 of registrations is %.2f times as long while the mail server stalls, and may be %.1f times", ratio, longestRatio)
	}
	return nil
}

// deliveryPace leaves deliveries the time to keep up: what is measured is not how
// long they queue.
const deliveryPace = 1500 * time.Millisecond

// webhooks has one of ten endpoints misbehave, in turns, and measures what the
// other nine notice of it. In the end all ten have everything.
func webhooks(how manner) func(context.Context, *world, *line) error {
	return func(ctx context.Context, w *world, l *line) error {
		const endpoints, turns = 10, 2
		if err := w.addReceivers(ctx, endpoints, 0); err != nil {
			return err
		}
		bad := w.receivers[endpoints-1]
		delays := map[manner][]time.Duration{}
		for range turns {
			l.Rounds++
			for _, now := range []manner{welcomes, how} {
				bad.behave(now)
				unhurried := w.clients()
				unhurried.pace = deliveryPace
				if err := w.work(ctx, unhurried, calmBudget); err != nil {
					return err
				}
				if err := errors.Join(w.settle(ctx), w.settleReceivers(ctx, w.receivers[:endpoints-1]...)); err != nil {
					return err
				}
				for _, good := range w.receivers[:endpoints-1] {
					delays[now] = append(delays[now], good.takeDelays()...)
				}
			}
		}
		without, with := delays[welcomes], delays[how]
		l.note("delay of the nine good ones: median %s and p99 %s with all well, %s and %s with one bad (%s)",
			rounded(percentile(without, 50)), rounded(percentile(without, 99)), rounded(percentile(with, 50)), rounded(percentile(with, 99)), how)
		bad.behave(welcomes)
		if err := w.settleReceivers(ctx, w.receivers...); err != nil {
			return err
		}
		return w.judge(ctx, l, true)
	}
}

// webhookShare is how many rounds of killing go on one here, which takes longer.
const webhookShare = 8

// webhooksKill kills the service while it tells endpoints, four good ones and one
// that hangs. An endpoint that was being sent to is left alone for a minute then,
// so that each kill has new ones, until there can be no more. The good ones are as
// slow as a network makes them: the longer a delivery is on its way, the more often
// it is then that the service dies.
func webhooksKill(ctx context.Context, w *world, l *line) error {
	const endpoints, most, lag = 5, 50, 20 * time.Millisecond
	if err := w.work(ctx, w.clients(), crowded); err != nil {
		return err
	}
	chance := rand.New(rand.NewPCG(w.seed, 1)) // #nosec G404 -- the same for the same seed
	for l.Rounds < max(1, w.rounds/webhookShare) {
		if err := w.addReceivers(ctx, endpoints, lag); err != nil {
			return err
		}
		last := w.receivers[len(w.receivers)-1]
		last.hopeless = true
		last.behave(hangs)
		if err := w.killOnce(ctx, chance); err != nil {
			return err
		}
		if l.Rounds++; l.Rounds*endpoints%most != 0 && l.Rounds < w.rounds/webhookShare {
			continue
		}
		if err := errors.Join(w.settle(ctx), w.settleReceivers(ctx, w.receivers...), w.removeReceivers(ctx)); err != nil {
			return err
		}
	}
	return w.judge(ctx, l, false)
}
