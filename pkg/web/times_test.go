package web

import (
	"testing"
	"time"
)

func TestTimesAreReadInAllFormsThatClientsSend(t *testing.T) {
	const form = "2006-01-02T15:04:05.000Z07:00"
	for text, want := range map[string]string{
		"2013-01-03T09:11:51-03:00":     "2013-01-03T12:11:51.000Z",
		"2013-01-03T09:11:51+02:00":     "2013-01-03T07:11:51.000Z",
		"2013-01-03T09:11:51 02:00":     "2013-01-03T07:11:51.000Z", // a plus sign that was not escaped
		"2013-01-03T09:11:51-0300":      "2013-01-03T12:11:51.000Z",
		"2013-01-03T09:11:51.250Z":      "2013-01-03T09:11:51.250Z",
		"2013-01-03T09:11:51":           "2013-01-03T09:11:51.000Z",
		"2013-01-03 09:11:51":           "2013-01-03T09:11:51.000Z",
		"2013-01-03T09:11+0100":         "2013-01-03T08:11:00.000Z",
		"2013-01-03T09:11":              "2013-01-03T09:11:00.000Z",
		"2013-01-03":                    "2013-01-03T00:00:00.000Z",
		"":                              "",
		"yesterday":                     "",
		"2013-02-30":                    "",
		"2013-01-03T25:00:00Z":          "",
		"2013-01-03T09:11:51-03:00 foo": "",
		"1357204311":                    "",
	} {
		got := ""
		if read, err := ReadTime(text); err == nil {
			got = read.Format(form)
		}
		if got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
	if read, _ := ReadTime("2013-01-03T09:11:51-03:00"); read.Location() != time.UTC {
		t.Error(read.Location())
	}
}
