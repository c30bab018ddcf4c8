package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
)

// addKeyAsBefore adds a signing key, unless it is there, in the words of the
// release that knew of no time from which it signs.
func (w *world) addKeyAsBefore(id string) {
	w.Helper()
	const add = "INSERT INTO signing_keys (id, algorithm, public, private, created_at) VALUES ($1, 'EdDSA', '', '', $2) ON CONFLICT DO NOTHING"
	if _, err := w.SQL().Exec(add, id, noon); err != nil {
		w.Fatal(err)
	}
}

func (w *world) signingKeys() (keys []model.SigningKey) {
	w.Helper()
	w.read(func(tx *store.Tx) (err error) {
		keys, err = tx.SigningKeys()
		return err
	})
	return keys
}

func TestSigningKeysComeInTheOrderInWhichTheySign(t *testing.T) {
	each(t, func(w *world) {
		next := &model.SigningKey{ID: "a", Algorithm: "EdDSA", Public: []byte{1, 0, 255}, Private: []byte{2}, CreatedAt: noon.Add(-time.Hour), SignsFrom: noon.Add(time.Minute)}
		atOnce := &model.SigningKey{ID: "b", Algorithm: "EdDSA", Public: []byte{3}, Private: []byte{4}, LongestToken: 8 * time.Hour}
		w.write(func(tx *store.Tx) error { return errors.Join(tx.AddSigningKey(next), tx.AddSigningKey(atOnce)) })
		if !atOnce.SignsFrom.Equal(noon) {
			w.Errorf("a key that says nothing signs from %v on", atOnce.SignsFrom)
		}
		if difference := cmp.Diff([]model.SigningKey{*atOnce, *next}, w.signingKeys()); difference != "" {
			w.Error(difference)
		}
		w.addKeyAsBefore("of the release before")
		if first := w.signingKeys()[0]; first.ID != "of the release before" || first.SignsFrom.After(noon) {
			w.Errorf("%+v", first)
		}
	})
}

func TestLongestLifeOfATokenOnlyGrows(t *testing.T) {
	each(t, func(w *world) {
		w.write(func(tx *store.Tx) error {
			for id, from := range map[string]time.Time{"former": noon.Add(-time.Hour), "signs": noon, "waits": noon.Add(time.Hour)} {
				if err := tx.AddSigningKey(&model.SigningKey{ID: id, Public: []byte{}, Private: []byte{}, SignsFrom: from, LongestToken: time.Minute}); err != nil {
					return err
				}
			}
			return errors.Join(tx.AllowTokens(noon, 8*time.Hour), tx.AllowTokens(noon, time.Second))
		})
		got := map[string]time.Duration{}
		for _, key := range w.signingKeys() {
			got[key.ID] = key.LongestToken
		}
		want := map[string]time.Duration{"former": time.Minute, "signs": 8 * time.Hour, "waits": 8 * time.Hour}
		if difference := cmp.Diff(want, got); difference != "" {
			w.Error(difference)
		}
	})
}

func TestRemovedSigningKeyVouchesForNobody(t *testing.T) {
	each(t, func(w *world) {
		session := w.session(w.account("a@example.com"))
		for _, id := range []string{"kept", "removed"} {
			w.write(func(tx *store.Tx) error {
				return tx.AddSigningKey(&model.SigningKey{ID: id, Public: []byte{}, Private: []byte{}})
			})
		}
		vouches := func(id string, want bool) {
			w.Helper()
			err := w.Read(context.Background(), func(tx *store.Tx) error {
				_, _, err := tx.CustomerOfSession(session.ID, id)
				return err
			})
			if want && err != nil || !want && !errors.Is(err, errors.AccessTokenInvalid) {
				w.Errorf("%q: %v", id, err)
			}
		}
		remove := func(id string, want bool) {
			w.Helper()
			w.write(func(tx *store.Tx) error {
				found, err := tx.DeleteSigningKey(id)
				if found != want {
					w.Errorf("removing %q: %v", id, found)
				}
				return err
			})
		}
		vouches("removed", true)
		for _, id := range []string{"", "unknown", "\x00", "\xff"} {
			remove(id, false)
			vouches(id, false)
		}
		remove("removed", true)
		remove("removed", false)
		vouches("removed", false)
		vouches("kept", true)
	})
}

func TestOfManyStartsOneMakesTheSigningKey(t *testing.T) {
	each(t, func(w *world) {
		answers := at(16, func(n int) error {
			return w.Write(context.Background(), func(tx *store.Tx) error {
				if err := tx.LockSigningKeys(); err != nil {
					return err
				}
				keys, err := tx.SigningKeys()
				if err != nil || len(keys) > 0 {
					return err
				}
				time.Sleep(50 * time.Millisecond) // the others look meanwhile
				return tx.AddSigningKey(&model.SigningKey{ID: fmt.Sprint(n), Public: []byte{}, Private: []byte{}})
			})
		})
		if counted := tally(answers); counted["ok"] != 16 || w.count("signing_keys") != 1 {
			w.Errorf("%v, %d keys", counted, w.count("signing_keys"))
		}
	})
}
