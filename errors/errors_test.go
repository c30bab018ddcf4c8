package errors_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/clientelehq/clientele/errors"
)

func TestAnErrorStaysItsLineHoweverPrecise(t *testing.T) {
	err := fmt.Errorf("outside: %w", errors.TooShort.Limit(3).On("city").At("/data/attributes/city").Because(errors.New("inside")))
	if !errors.Is(err, errors.TooShort) || errors.Is(err, errors.TooLong) {
		t.Error("Is does not find the line, or finds another")
	}
	one, ok := errors.AsType[*errors.Error](err)
	if !ok || one.Detail != "city => This value is too short. It should have 3 characters or more." || one.Meta["limit"] != 3 || *one.Source.Pointer != "/data/attributes/city" {
		t.Errorf("lost on the way: %+v", one)
	}
	if errors.TooShort.Field != "" || errors.TooShort.Meta != nil {
		t.Error("the catalogue itself was changed")
	}
}

func TestFaultsAreFoundOneByOne(t *testing.T) {
	var faults errors.Faults
	if faults.Err() != nil {
		t.Error("no fault is an error")
	}
	faults.Add(errors.ValueBlank.On("email"))
	faults.Add(errors.ChoiceInvalid.On("gender"))
	if err := faults.Err(); !errors.Is(err, errors.ChoiceInvalid) || len(errors.List(err)) != 2 {
		t.Errorf("not found in %v", faults)
	}
}

func TestAForeignErrorIsInternalAndKeepsItsCause(t *testing.T) {
	cause := errors.New("disk on fire")
	list := errors.List(cause)
	if len(list) != 1 || !errors.Is(list[0], errors.InternalError) || !errors.Is(list[0], cause) {
		t.Errorf("%v", list)
	}
}

func TestSeveralChecksOfADocumentAreToldOfTogether(t *testing.T) {
	own := errors.Faults{errors.TooLong.Limit(3).On("a")}
	for name, c := range map[string]struct {
		found error
		want  []string
	}{
		"nothing more":     {nil, []string{"too_long"}},
		"more":             {errors.Faults{errors.ValueBlank.On("b"), errors.TooShort.On("c")}, []string{"value_blank", "too_short", "too_long"}},
		"one more":         {errors.EmailTaken.On("email"), []string{"email_taken", "too_long"}},
		"another error":    {errors.CustomerNotFound, []string{"customer_not_found"}},
		"no error of ours": {errors.New("disk on fire"), []string{"internal_error"}},
	} {
		var got []string
		for _, fault := range errors.List(own.And(c.found)) {
			got = append(got, fault.Key)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if err := (errors.Faults{}).And(nil); err != nil {
		t.Error(err)
	}
	if err := (errors.Faults{}).And(errors.CustomerNotFound); err != errors.CustomerNotFound {
		t.Error(err)
	}
}
