package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// outcome is what a client knows of an operation of its own.
type outcome string

const (
	invoked outcome = "invoke"
	ok      outcome = "ok"      // it was acknowledged
	fail    outcome = "fail"    // it was refused, or never sent: it has no effect
	unknown outcome = "unknown" // the connection broke, or the service failed: it may have one
)

// The kinds of operations.
const (
	register = "register"
	logIn    = "log in"
	forget   = "forget password"
	change   = "change password"
	addTo    = "add address"
	erase    = "erase"
)

// operation is what one client asked for once. Every customer is one e-mail
// address, and no address is used for two.
type operation struct {
	Number   int     `json:"n"`
	Outcome  outcome `json:"outcome"`
	Kind     string  `json:"kind,omitempty"`
	Email    string  `json:"email,omitempty"`
	Wrong    bool    `json:"wrong,omitempty"`    // it is meant to be refused
	Customer string  `json:"customer,omitempty"` // reference that the service gave to who has registered
	Status   int     `json:"status,omitempty"`   // of the answer; 0 when none came
}

// asMeant reports whether the service answered as it has to when it is well.
func (o operation) asMeant() bool {
	if o.Wrong {
		return o.Outcome == fail
	}
	return o.Outcome == ok
}

// ledger writes down what is asked for before it is, and what came of it after:
// a line each, on the disk before anything else happens. It may be used by
// several goroutines at once.
type ledger struct {
	mutex sync.Mutex
	file  *os.File
	last  int
}

func newLedger(path string) (*ledger, error) {
	file, err := os.Create(path)
	return &ledger{file: file}, err
}

// invoke gives the operation its number and writes it down.
func (l *ledger) invoke(o *operation) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.last++
	o.Number, o.Outcome = l.last, invoked
	return l.write(*o)
}

// end writes down what came of an operation.
func (l *ledger) end(o operation) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.write(operation{Number: o.Number, Outcome: o.Outcome, Customer: o.Customer, Status: o.Status})
}

func (l *ledger) write(o operation) error {
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return l.file.Sync()
}

func (l *ledger) close() error { return l.file.Close() }

// readLedger puts the lines together again. An operation without an end is
// unknown.
func readLedger(path string) (operations []operation, err error) {
	file, err := os.Open(path) // #nosec G703 -- a file of our own
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var o operation
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return nil, fmt.Errorf("ledger: %w", err)
		}
		if o.Outcome == invoked {
			if o.Number != len(operations)+1 {
				return nil, fmt.Errorf("ledger: operation %d comes after %d", o.Number, len(operations))
			}
			o.Outcome = unknown
			operations = append(operations, o)
			continue
		}
		if o.Number < 1 || o.Number > len(operations) {
			return nil, fmt.Errorf("ledger: operation %d ends and never began", o.Number)
		}
		begun := &operations[o.Number-1]
		begun.Outcome, begun.Customer, begun.Status = o.Outcome, o.Customer, o.Status
	}
	return operations, lines.Err()
}
