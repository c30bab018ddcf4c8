package account

import (
	"bytes"
	"testing"

	"github.com/clientelehq/clientele/pkg/token"
)

// Whoever has the database and the installation's secret still lacks the sender's
// key; whoever has the database alone cannot guess a body from its fingerprint.
func TestAKeptAnswerTakesTheSecretAndTheKeyToOpen(t *testing.T) {
	ours, other := &Service{Secret: "ours"}, &Service{Secret: "other"}
	request := Repeatable{Key: "key", Route: "POST /customers", Body: []byte("body")}
	sealed, err := token.Seal(ours.answerSecret(request), []byte("answer"), answerPurpose)
	if err != nil {
		t.Fatal(err)
	}
	another := request
	another.Key = "another"
	for name, secret := range map[string]string{"another key": ours.answerSecret(another), "another secret": other.answerSecret(request), "no key": ours.Secret} {
		if _, err := token.Unseal(secret, sealed, answerPurpose); err == nil {
			t.Errorf("%s opens it", name)
		}
	}
	if opened, err := token.Unseal(ours.answerSecret(request), sealed, answerPurpose); err != nil || string(opened) != "answer" {
		t.Errorf("%q, %v", opened, err)
	}
	if bytes.Equal(ours.fingerprint(request), other.fingerprint(request)) {
		t.Error("the fingerprint does not depend on the secret")
	}
}
