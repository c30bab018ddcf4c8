package jsonapi

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/clientelehq/clientele/errors"
)

// ErrorView is how an error is to be shown.
type ErrorView struct {
	RequestID     string
	NumericStatus bool   // W-01
	Version       bool   // a member jsonapi tells the version (W-16)
	Pages         string // where an error is explained, up to its key; "" shows no links (W-16)
}

// Errors returns the document of an error, and the status to answer with
// (glue.md 5.1): one error object for each that err holds, all with the id of
// the request. The status is the one they share; where they differ it is the
// most general, 400, or 500 when one of them is ours (JSON:API 1.1, "Processing
// Errors"). An error of ours tells the text of the catalogue and nothing else.
func Errors(err error, view ErrorView) (status int, body []byte) {
	faults := errors.List(err)
	status = sharedStatus(faults)
	if status >= http.StatusInternalServerError {
		ours := bare(faults)
		faults, status = []*errors.Error{ours}, ours.Status
	}
	shown := strconv.Itoa(status)
	if !view.NumericStatus {
		shown = `"` + shown + `"`
	}
	out, members := []byte(nil), openList('{')
	if view.Version {
		out = appendVersion(members.next(out), "")
	}
	out = append(members.next(out), `"errors":`...)
	list := openList('[')
	for _, fault := range faults {
		out = appendString(append(list.next(out), `{"id":`...), view.RequestID)
		out = appendErrorLinks(out, fault, view.Pages)
		out = append(append(out, `,"status":`...), shown...)
		out = appendFault(out, fault)
	}
	return status, members.close(list.close(out))
}

// appendErrorLinks says which kind of error it is and where that is explained.
// The errors of a profile are of the kind that the profile names.
func appendErrorLinks(out []byte, fault *errors.Error, pages string) []byte {
	if pages == "" {
		return out
	}
	out = append(out, `,"links":{`...)
	if fault.Type == "" {
		out = append(out, `"type":`...)
	} else {
		out = append(appendString(append(out, `"type":`...), fault.Type), `,"about":`...)
	}
	return append(appendString(out, pages+fault.Key), '}')
}

func sharedStatus(faults []*errors.Error) int {
	status := faults[0].Status
	for _, fault := range faults[1:] {
		switch {
		case fault.Status == status:
		case max(fault.Status, status) >= http.StatusInternalServerError:
			return http.StatusInternalServerError
		default:
			status = http.StatusBadRequest
		}
	}
	return status
}

// bare returns the line of the catalogue behind an answer that is our fault,
// without anything that was added to it since. Several are told as one.
func bare(faults []*errors.Error) *errors.Error {
	for _, line := range errors.Catalogue() {
		if len(faults) == 1 && faults[0].Is(line) && faults[0].Status == line.Status {
			return line
		}
	}
	return errors.InternalError
}

func appendFault(out []byte, fault *errors.Error) []byte {
	if fault.Code != "" {
		out = appendString(append(out, `,"code":`...), fault.Code)
	}
	out = appendString(append(out, `,"title":`...), fault.Title)
	out = appendString(append(out, `,"detail":`...), fault.Detail)
	out = appendSource(out, fault)
	return append(appendMeta(append(out, `,"meta":`...), fault), '}')
}

// appendSource says where the fault is. A missing attribute is in no place of
// the request: its pointer is that of the object it is missing from.
func appendSource(out []byte, fault *errors.Error) []byte {
	member, place := "", ""
	pointer, pointed := pointerOf(fault)
	switch source := fault.Source; {
	case pointed:
		member, place = "pointer", pointer
	case source.Parameter != "":
		member, place = "parameter", source.Parameter
	case source.Header != "":
		member, place = "header", source.Header
	default:
		return out
	}
	out = append(append(append(out, `,"source":{"`...), member...), `":`...)
	return append(appendString(out, place), '}')
}

// pointerOf returns the place in the document that a fault is about, if it is
// about one.
func pointerOf(fault *errors.Error) (pointer string, pointed bool) {
	switch source := fault.Source; {
	case source.Pointer != nil:
		return *source.Pointer, true
	case source.Parameter != "" || source.Header != "" || fault.Field == "":
		return "", false
	case fault.Is(errors.FieldMissing):
		return "/data/attributes", true
	}
	return "/data/attributes/" + escapePointer(fault.Field), true
}

// appendMeta prints key and field, and the rest by name. What cannot be
// encoded is left out: the error matters more.
func appendMeta(out []byte, fault *errors.Error) []byte {
	out = appendString(append(out, `{"key":`...), fault.Key)
	if fault.Field != "" {
		out = appendString(append(out, `,"field":`...), fault.Field)
	}
	for _, name := range slices.Sorted(maps.Keys(fault.Meta)) {
		before := len(out)
		encoded, err := appendValue(append(appendString(append(out, ','), name), ':'), fault.Meta[name])
		if out = encoded; err != nil {
			out = out[:before]
		}
	}
	return append(out, '}')
}
