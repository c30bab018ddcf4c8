package errors_test

import (
	"fmt"
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
