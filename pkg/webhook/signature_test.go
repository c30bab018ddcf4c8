package webhook_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/clientelehq/clientele/pkg/webhook"
)

// received sends a delivery and returns what the receiver got.
func received(t *testing.T, change func(*webhook.Delivery)) (body []byte, header http.Header) {
	t.Helper()
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		header = r.Header
	})
	sent := delivery(t, url)
	change(&sent)
	wantOutcome(t, send(t, insecure(t), sent), webhook.Delivered, 200)
	return body, header
}

func verifier(t *testing.T, secret string) *standardwebhooks.Webhook {
	t.Helper()
	made, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// The example is the one that the libraries of Standard Webhooks share.
func TestSignatureIsThePublishedOne(t *testing.T) {
	_, header := received(t, func(d *webhook.Delivery) {
		d.ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
		d.Time = time.Unix(1614265330, 999_999_999)
		d.Body = []byte(`{"test": 2432232314}`)
	})
	got := []string{header.Get("webhook-id"), header.Get("webhook-timestamp"), header.Get("webhook-signature")}
	want := "msg_p5jXN8AQM9LWM0D4loKWxJek 1614265330 v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if strings.Join(got, " ") != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestBothSecretsVerifyWhileOneReplacesTheOther(t *testing.T) {
	current, former := webhook.NewSecret(), webhook.NewSecret()
	body, header := received(t, func(d *webhook.Delivery) {
		d.Secrets = [][]byte{key(t, current), key(t, former)}
	})
	for _, secret := range []string{current, former} {
		if err := verifier(t, secret).Verify(body, header); err != nil {
			t.Error(err)
		}
	}
	if err := verifier(t, webhook.NewSecret()).Verify(body, header); !errors.Is(err, standardwebhooks.ErrNoMatchingSignature) {
		t.Errorf("a third secret: %v", err)
	}
	if err := verifier(t, current).Verify(append(body, ' '), header); !errors.Is(err, standardwebhooks.ErrNoMatchingSignature) {
		t.Errorf("another body: %v", err)
	}
	header.Set("webhook-id", "msg_2")
	if err := verifier(t, current).Verify(body, header); !errors.Is(err, standardwebhooks.ErrNoMatchingSignature) {
		t.Errorf("another id: %v", err)
	}
}

func TestReplayIsRefusedByTheReceiver(t *testing.T) {
	body, header := received(t, func(d *webhook.Delivery) { d.Time = time.Now().Add(-6 * time.Minute) })
	if err := verifier(t, publishedSecret).Verify(body, header); !errors.Is(err, standardwebhooks.ErrMessageTooOld) {
		t.Errorf("six minutes later: %v", err)
	}
	header.Set("webhook-timestamp", header.Get("webhook-timestamp")+"0")
	if err := verifier(t, publishedSecret).VerifyIgnoringTimestamp(body, header); !errors.Is(err, standardwebhooks.ErrNoMatchingSignature) {
		t.Errorf("another time: %v", err)
	}
}

func TestNewSecretIsOfThirtyTwoBytesAndNeverTheSame(t *testing.T) {
	one, other := webhook.NewSecret(), webhook.NewSecret()
	if one == other || !strings.HasPrefix(one, "whsec_") || len(key(t, one)) != 32 {
		t.Error(len(key(t, one)))
	}
}

func TestSecretHasOneSpelling(t *testing.T) {
	spelled := func(size int) string {
		return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\xff", size)))
	}
	for _, good := range []string{spelled(24), spelled(32), spelled(64), publishedSecret} {
		if got := "whsec_" + base64.StdEncoding.EncodeToString(key(t, good)); got != good {
			t.Errorf("%q is read as %q", good, got)
		}
	}
	text := spelled(32)
	for name, bad := range map[string]string{
		"empty":              "",
		"a prefix alone":     "whsec_",
		"no prefix":          strings.TrimPrefix(text, "whsec_"),
		"another prefix":     "whsk_" + strings.TrimPrefix(text, "whsec_"),
		"23 bytes":           spelled(23),
		"65 bytes":           spelled(65),
		"no padding":         strings.TrimRight(text, "="),
		"base64url":          strings.ReplaceAll(text, "/", "_"),
		"a line break in it": text[:20] + "\n" + text[20:],
		"spare bits":         strings.Replace(text, "8=", "9=", 1),
		"a space":            text + " ",
	} {
		if bad == text {
			t.Fatalf("%s: is the good one", name)
		}
		if key, err := webhook.ParseSecret(bad); err == nil || key != nil {
			t.Errorf("%s: %q is taken", name, bad)
		}
	}
}
