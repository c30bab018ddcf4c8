package apitest

import (
	"context"
	"sync"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/mail"
)

// Postman takes letters in place of a mail server. A new one does not work.
type Postman struct {
	mu        sync.Mutex
	fault     error
	works     bool
	delivered int
}

// Works has letters delivered from now on.
func (p *Postman) Works() { p.become(true, nil) }

// IsDown has letters fail that may be sent again.
func (p *Postman) IsDown() { p.become(false, nil) }

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
	p.works, p.fault = works, fault
}

// Delivered returns how many letters were taken.
func (p *Postman) Delivered() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.delivered
}

// Send takes a letter, or fails.
func (p *Postman) Send(context.Context, mail.Letter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.fault != nil:
		return p.fault
	case !p.works:
		return errors.New("the mail server is down")
	}
	p.delivered++
	return nil
}
