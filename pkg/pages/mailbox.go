package pages

import (
	"strings"
	"time"
)

// Letter is one of the mailbox.
type Letter struct {
	ID, To, Subject, Kind string
	Text, HTML            string
	At                    time.Time
}

// When is the time of a letter, as the pages show it.
func (l Letter) When() string { return l.At.UTC().Format("2006-01-02 15:04:05") }

// mailboxView is what the templates of the mailbox see. Developers read English, as
// everywhere in the API.
type mailboxView struct {
	Root, Language, Title string
	Shop                  Shop
	Words                 *words
	Letters               []Letter
	Letter                Letter
}

func (s Shop) mailbox(root, title string) mailboxView {
	return mailboxView{Root: root, Language: English, Title: title, Shop: s, Words: in(English)}
}

// Mailbox makes the page that lists letters.
func (s Shop) Mailbox(root string, letters []Letter) ([]byte, error) {
	view := s.mailbox(root, "Mailbox")
	view.Letters = letters
	return render(mailboxPage, view)
}

// Letter makes the page that shows one.
func (s Shop) Letter(root string, letter Letter) ([]byte, error) {
	view := s.mailbox(root, letter.Subject)
	view.Letter = letter
	return render(letterPage, view)
}

// Framed is a letter as it stands in its frame: its links take the place of the whole
// page, for no page lets itself be framed.
func (l Letter) Framed() []byte {
	return []byte(strings.Replace(l.HTML, "<head>", `<head><base target="_top">`, 1))
}
