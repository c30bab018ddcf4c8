package account

import (
	"context"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// CreateAPIKey makes a key with the scopes for the store of the configuration and
// returns its secret. The secret is shown this once: the database keeps a digest.
func (s *Service) CreateAPIKey(ctx context.Context, name string, scopes []string) (string, error) {
	if strings.TrimSpace(name) == "" {
		return "", errors.New("an API key needs a name")
	}
	if len(scopes) == 0 {
		return "", errors.New("an API key needs at least one scope of " + scopeNames())
	}
	for _, scope := range scopes {
		if !scopeSet(Scopes())[Scope(scope)] {
			return "", errors.New("unknown scope " + scope + "; the scopes are " + scopeNames())
		}
	}
	secret, digest := token.NewSecret(apiKeyPrefix)
	err := s.Store.Write(ctx, func(tx *store.Tx) error {
		if err := s.note(tx, Actor{operator: true}, keyCreatedEvent, success, nil); err != nil {
			return err
		}
		return tx.AddAPIKey(&model.APIKey{Name: name, Digest: digest, Scopes: strings.Join(scopes, " "), Store: s.Rules.Store})
	})
	return secret, err
}

// APIKeys returns the keys of all stores in order of creation, those that were revoked
// too. Nobody learns a secret from them.
func (s *Service) APIKeys(ctx context.Context) (keys []model.APIKey, err error) {
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		keys, err = tx.APIKeys()
		return err
	})
	return keys, err
}

// RevokeAPIKey ends a key at once and for good. It returns an error when there is no
// such key; one that was revoked before stays so.
func (s *Service) RevokeAPIKey(ctx context.Context, id string) error {
	return s.Store.Write(ctx, func(tx *store.Tx) error {
		key, err := tx.RevokeAPIKey(id)
		if err != nil {
			return err
		}
		if key == nil {
			return errors.New("there is no API key " + id)
		}
		return s.note(tx, Actor{operator: true, store: key.Store}, keyRevokedEvent, success, nil)
	})
}

func scopeNames() string {
	var names []string
	for _, scope := range Scopes() {
		names = append(names, string(scope))
	}
	return strings.Join(names, ", ")
}
