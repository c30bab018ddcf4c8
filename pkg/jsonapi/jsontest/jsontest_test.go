package jsontest

import (
	"encoding/json"
	"testing"
)

func TestTheTableSaysOfEachTextWhatTheGrammarSays(t *testing.T) {
	for _, c := range Cases() {
		for _, text := range []string{c.Text, c.Body(`{"a":{"b":`, `}}`)} {
			if valid := json.Valid([]byte(text)); valid && c.Grammar == Invalid || !valid && c.Grammar == Valid {
				t.Errorf("%s, %s: whether %.80q is JSON is told wrong", c.Group, c.Name, text)
			}
		}
	}
}

func TestEveryDecisionOfTheTableHasAReason(t *testing.T) {
	for _, c := range Cases() {
		byTheGrammar := c.Grammar == Valid && c.Outcome == Read || c.Grammar == Invalid && c.Outcome == Unreadable
		if !byTheGrammar && c.Why == "" {
			t.Errorf("%s, %s: decided without a reason", c.Group, c.Name)
		}
		if c.At != "" && c.Outcome != Refused {
			t.Errorf("%s, %s: points at what is not refused", c.Group, c.Name)
		}
	}
}

func TestTheTableIsAsLargeAsThePublicSuiteAndSaysNothingTwice(t *testing.T) {
	least := map[Grammar]int{Valid: 95, Invalid: 188, Open: 35}
	count, names, texts := map[Grammar]int{}, map[string]bool{}, map[string]string{}
	for _, c := range Cases() {
		name := c.Group + ", " + c.Name
		if names[name] {
			t.Errorf("two cases are called %s", name)
		}
		body := c.Body(`{"a":`, "}")
		if other, there := texts[body]; there {
			t.Errorf("%s is the text of %s", name, other)
		}
		names[name], texts[body] = true, name
		count[c.Grammar]++
	}
	for grammar, fewest := range least {
		if count[grammar] < fewest {
			t.Errorf("%d cases of grammar %d, fewer than %d", count[grammar], grammar, fewest)
		}
	}
	t.Logf("%d valid, %d invalid, %d open", count[Valid], count[Invalid], count[Open])
}
