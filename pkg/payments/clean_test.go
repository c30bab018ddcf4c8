package payments_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clientelehq/clientele/pkg/payments"
	"github.com/clientelehq/clientele/pkg/payments/paymentstest"
)

// cleaned is what a group lets through of a method.
func cleaned(t *testing.T, method payments.Method) payments.Method {
	t.Helper()
	methods, _ := quiet(paymentstest.Answers("adyen", method)).Methods(t.Context(), customer)
	if len(methods) != 1 {
		t.Fatalf("%d methods", len(methods))
	}
	return methods[0]
}

func TestCardNumbersAreLeftOut(t *testing.T) {
	sensitive := []any{
		"4242424242424242",
		"4242 4242 4242 4242",
		"4242-4242-4242-4242",
		"4242.4242.4242.4242",
		"4242\t4242\u00a04242\u20134242",
		"card 4242424242424242, thanks",
		"4242 4242 4242 4242 12/34 123",    // with the expiry and the code behind it
		"%B4242424242424242^DOE/J^3012101", // a track
		";4242424242424242=30121010000?",
		"42424242424242421234",  // with four digits more
		"4222222222222",         // 13 digits
		"378282246310005",       // 15
		"6778353374068124152",   // 19, and no part of it
		4242424242424242.0,      // as JSON gives numbers
		int64(4242424242424242), // as Go does
		json.Number("4242424242424242"),
	}
	for _, value := range sensitive {
		got := cleaned(t, payments.Method{Data: map[string]any{
			"value": value, "list": []any{value}, "object": map[string]any{"value": value}, fmt.Sprint("in a name ", value): true,
		}})
		if _, isText := value.(string); !isText { // a number is not written as %v does
			delete(got.Data, fmt.Sprint("in a name ", value))
		}
		if diff := cmp.Diff(map[string]any{"list": []any{}, "object": map[string]any{}}, got.Data); diff != "" {
			t.Errorf("%v:\n%s", value, diff)
		}
	}
	harmless := []any{
		"4222222222223",                 // with another check digit
		"424242424242",                  // 12 digits
		"4242", "visa", "", "•••• 4242", // what people see
		"42424242x42424242", // two numbers
		"2026-10-05T14:22:31.123Z", "pm_1PQcJ7LkdIwHu7ixUEgbFdYE", "192.168.100.200",
		12.0, 2034.0, 7, int64(9), json.Number("12.50"), true, nil,
	}
	for _, value := range harmless {
		want := map[string]any{"value": value, "list": []any{value}, "object": map[string]any{"value": value}}
		if diff := cmp.Diff(want, cleaned(t, payments.Method{Data: want}).Data); diff != "" {
			t.Errorf("%v:\n%s", value, diff)
		}
	}
}

func TestTextsOfAMethodHoldNoCardNumber(t *testing.T) {
	const number = "4242 4242 4242 4242"
	got := cleaned(t, payments.Method{ID: "4242424242424242", Kind: number, Brand: number, LastFour: number, Holder: number, Wallet: number, ExpiryMonth: 12})
	want := payments.Method{Provider: "adyen", ID: "4242424242424242", ExpiryMonth: 12}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = cleaned(t, payments.Method{LastFour: "424242", Holder: strings.Repeat("é", 129), Brand: "visa"})
	if diff := cmp.Diff(payments.Method{Provider: "adyen", Brand: "visa"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSensitivePartsOfDataAreLeftOutByTheirNames(t *testing.T) {
	got := cleaned(t, payments.Method{Data: map[string]any{
		"fingerprint": "Xt5EWLLDS7FJjR1c", "cardFingerprint": "x", "number": "12", "account_number": "1", "cvc": "123", "CVV2": "123",
		"card_cvc": "123", "security-code": 1.0, "track2": "x", "pan": "x", "PIN": "x", "iin": "424242", "bin": "x", "client_secret": "x", "magStripe": "x",
		"card": map[string]any{"checks": map[string]any{"cvc_check": "pass", "address_line1_check": "pass"}, "fingerprint": "x", "funding": "credit"},
		// Names that only look like those.
		"spanning": "a", "binding": "b", "pinned": "c",
	}})
	want := map[string]any{
		"card":     map[string]any{"checks": map[string]any{"address_line1_check": "pass"}, "funding": "credit"},
		"spanning": "a", "binding": "b", "pinned": "c",
	}
	if diff := cmp.Diff(want, got.Data); diff != "" {
		t.Error(diff)
	}
}

func TestDataIsBounded(t *testing.T) {
	wide, deep := map[string]any{}, map[string]any{}
	for i := range 10_000 {
		wide[fmt.Sprintf("name %d\x01", i)] = strings.Repeat("\x01", i%100) // six bytes each in JSON
	}
	inner := deep
	for range 1000 {
		next := map[string]any{}
		inner["next"] = next
		inner = next
	}
	tests := map[string]map[string]any{
		"wide":    wide,
		"deep":    deep,
		"long":    {"text": strings.Repeat("x", 257), strings.Repeat("x", 257): "x"},
		"list":    {"list": slices.Repeat([]any{[]any{}}, 100_000)},
		"objects": {"list": slices.Repeat([]any{map[string]any{}}, 100_000)},
		"values":  {"list": slices.Repeat([]any{true}, 100_000)},
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			got := cleaned(t, payments.Method{Data: data}).Data
			written, err := json.Marshal(got)
			if err != nil || len(written) > 4<<10+64 { // the outermost brackets and a comma apart
				t.Errorf("%d bytes, %v", len(written), err)
			}
			if again := cleaned(t, payments.Method{Data: data}).Data; !cmp.Equal(got, again) {
				t.Error("the same data is left out in another way")
			}
		})
	}
	if got := cleaned(t, payments.Method{Data: deep}).Data; strings.Count(fmt.Sprint(got), "next") != 3 {
		t.Errorf("deep: %v", got)
	}
	if got := cleaned(t, payments.Method{Data: tests["long"]}).Data; len(got) != 0 {
		t.Errorf("long: %v", got)
	}
}

func TestDataHasWhatJSONHasAndIsACopy(t *testing.T) {
	type hidden struct{ CVC string }
	data := map[string]any{"struct": hidden{"123"}, "pointer": &hidden{"123"}, "object": map[string]any{"name": "a"}}
	got := cleaned(t, payments.Method{Data: data}).Data
	data["object"].(map[string]any)["name"] = "b"
	if diff := cmp.Diff(map[string]any{"object": map[string]any{"name": "a"}}, got); diff != "" {
		t.Error(diff)
	}
}
