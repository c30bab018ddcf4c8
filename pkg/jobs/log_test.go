package jobs

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestOperatorsAreToldOfTroubleAndNotOfAStop(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(warnings{slog.NewTextHandler(&log, nil)})
	logger.Info("started")
	logger.Error("interrupted", slog.String("error", "transaction: context canceled"))
	logger.With("queue", "default").Error("broken", slog.String("error", "disk on fire"))
	if told := log.String(); strings.Contains(told, "started") || strings.Contains(told, "interrupted") || !strings.Contains(told, "disk on fire") {
		t.Errorf("%s", told)
	}
}
