package account

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"runtime"

	"github.com/clientelehq/clientele/errors"
)

// ImportOptions says who is told what while an import runs. Both are optional.
type ImportOptions struct {
	Progress func(ImportReport)        // after each batch
	Bad      func(line int, err error) // each line that was left out, from 1
}

// ImportReport counts lines. Every line that is not blank is one of the three.
type ImportReport struct {
	Imported int // new customers
	Present  int // customers that were there already, left as they are
	Bad      int // lines that were left out
}

// The bounds of an import. A batch is one transaction: what is in memory at once are
// a few of them.
const (
	importBatch  = 1000    // lines
	longestBatch = 4 << 20 // bytes, the last line apart
	longestLine  = 1 << 20 // bytes
)

// Import reads customers as JSON lines, one object a line, as portableCustomer has its
// members. One without an e-mail address is a guest, and needs a reference. Orders
// are not among it: the order service puts them.
//
// A line whose reference is there already is left alone, and so is one without
// a reference whose address is: an import can be run again after it was
// stopped. A new reference with an address that an account has is a bad line.
// A bad line is reported and left out, the others are imported. No letter is
// sent, no event is told, and no request to be forgotten opens an erasure.
// Generated references go on after the highest imported one. Groups are made where the
// store has none of the name.
//
// Lines are read and checked in parallel, ahead of the one transaction at a time that
// stores them in order.
//
// The error is one of reading or of the database, and then the report counts
// what is stored.
func (s *Service) Import(ctx context.Context, from io.Reader, options ImportOptions) (report ImportReport, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop() // for those who still read
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 64<<10), longestLine)
	ahead := runtime.GOMAXPROCS(0)
	var reading []<-chan []importLine // in order
	for number, more := 0, true; more || len(reading) > 0; {
		if more {
			var batch []importLine
			batch, more = nextBatch(lines, &number)
			reading = append(reading, s.readAhead(ctx, batch))
		}
		if more && len(reading) <= ahead {
			continue
		}
		batch := <-reading[0]
		reading = reading[1:]
		if err := s.importBatch(ctx, batch, options, &report); err != nil {
			return report, err
		}
	}
	return report, lines.Err()
}

// nextBatch takes lines, and counts them. It reports whether there may be more.
func nextBatch(lines *bufio.Scanner, number *int) (batch []importLine, more bool) {
	for size := 0; len(batch) < importBatch && size < longestBatch; {
		if !lines.Scan() {
			return batch, false
		}
		*number++
		if text := bytes.TrimSpace(lines.Bytes()); len(text) > 0 {
			batch = append(batch, importLine{number: *number, text: bytes.Clone(text)})
			size += len(text)
		}
	}
	return batch, true
}

// readAhead has a batch read while others are stored.
func (s *Service) readAhead(ctx context.Context, batch []importLine) <-chan []importLine {
	read := make(chan []importLine, 1)
	go func() {
		for i := range batch {
			s.readLine(ctx, &batch[i])
		}
		read <- batch
	}()
	return read
}

// importBatch stores the lines of a batch that can be stored, and reports on all.
func (s *Service) importBatch(ctx context.Context, batch []importLine, options ImportOptions, report *ImportReport) error {
	var good []*importLine
	for i := range batch {
		line := &batch[i]
		if ctx.Err() != nil || errors.Is(line.fault, errors.ServiceUnavailable) {
			return errors.Join(line.fault, ctx.Err())
		}
		if line.fault == nil {
			good = append(good, line)
		}
	}
	err := s.storeLines(ctx, good)
	for i := range batch {
		batch[i].count(options, report)
	}
	if err == nil && len(batch) > 0 && options.Progress != nil {
		options.Progress(*report)
	}
	return err
}

func (l *importLine) count(options ImportOptions, report *ImportReport) {
	switch {
	case l.fault != nil:
		report.Bad++
		if options.Bad != nil {
			options.Bad(l.number, l.fault)
		}
	case l.present:
		report.Present++
	case l.stored:
		report.Imported++
	}
}
