package apitest

import (
	"context"
	"slices"
	"sync"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/mail"
)

// Postman takes letters in place of a mail server. A new one does not work.
type Postman struct {
	mu      sync.Mutex
	fault   error
	works   bool
	letters []mail.Letter
	lost    bool
}

// Works has letters delivered from now on.
func (p *Postman) Works() { p.become(true, nil) }

// IsDown has letters fail that may be sent again.
func (p *Postman) IsDown() { p.become(false, nil) }

// SaysNothing has letters taken, and the answer to it lost: as when the connection
// breaks after the final dot.
func (p *Postman) SaysNothing() {
	p.become(true, nil)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = true
}

// Refuses has letters fail for good.
func (p *Postman) Refuses() {
	templates, err := mail.LoadTemplates("")
	if err == nil {
		_, err = templates.Compose(mail.Content{}) // malformed, which is permanent
	}
	p.become(false, err)
}

func (p *Postman) become(works bool, fault error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.works, p.fault, p.lost = works, fault, false
}

// Delivered returns how many letters were taken.
func (p *Postman) Delivered() int { return len(p.Letters()) }

// Letters returns those that were taken, in their order.
func (p *Postman) Letters() []mail.Letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.letters)
}

// Send takes a letter, or fails.
func (p *Postman) Send(_ context.Context, letter mail.Letter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.fault != nil:
		return p.fault
	case !p.works:
		return errors.New("the mail server is down")
	}
	if p.letters = append(p.letters, letter); p.lost {
		return errors.New("the connection broke")
	}
	return nil
}
