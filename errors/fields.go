package errors

import "strings"

// Faults are several errors of one document, in the order they are reported.
// A document with many bad attributes is answered with all of them at once.
type Faults []*Error

// Add appends a fault.
func (f *Faults) Add(fault *Error) { *f = append(*f, fault) }

// Err returns nil when there is no fault, and all of them otherwise.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// And returns what one more check of the same document found together with these
// faults. An error of another kind stands alone: it is not of the document.
func (f Faults) And(err error) error {
	found, several := AsType[Faults](err)
	one, single := AsType[*Error](err)
	switch {
	case err == nil:
		return f.Err()
	case several:
		return append(found[:len(found):len(found)], f...)
	case single && one.Field != "":
		return append(Faults{one}, f...)
	}
	return err
}

// Error joins the faults for the log.
func (f Faults) Error() string {
	texts := make([]string, len(f))
	for i, fault := range f {
		texts[i] = fault.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap makes Is and AsType look at each fault.
func (f Faults) Unwrap() []error {
	list := make([]error, len(f))
	for i, fault := range f {
		list[i] = fault
	}
	return list
}

// List returns the catalogue errors in err: one, several, or InternalError
// because of err when it holds none.
func List(err error) []*Error {
	if faults, ok := AsType[Faults](err); ok && len(faults) > 0 {
		return faults
	}
	if one, ok := AsType[*Error](err); ok {
		return []*Error{one}
	}
	return []*Error{InternalError.Because(err)}
}
