package account

import (
	"context"
	"crypto/subtle"
	"strings"

	"github.com/clientelehq/clientele/errors"
	"github.com/clientelehq/clientele/pkg/model"
	"github.com/clientelehq/clientele/pkg/store"
	"github.com/clientelehq/clientele/pkg/token"
)

// Authenticate tells who asks, from the values of the Authorization header.
// None at all is a visitor. A header that is present but wrong is
// AccessTokenInvalid (001) on every route, public ones too.
//
// The header is `Bearer` and one token: an access token, or an API key.
func (s *Service) Authenticate(ctx context.Context, header []string, client Client) (Actor, error) {
	actor := Actor{Client: client}
	if len(header) == 0 {
		return actor, nil
	}
	parts := strings.Fields(header[0])
	if len(header) > 1 || len(parts) != 2 || !strings.EqualFold(parts[0], "Bearer") {
		return actor, errors.AccessTokenInvalid.AtHeader("Authorization")
	}
	credential := parts[1]
	if id, scopes, err := s.scopesOf(ctx, credential); scopes != nil || err != nil {
		actor.scopes, actor.keyID = scopes, id
		return actor, err
	}
	claims, err := s.verifyToken(ctx, credential)
	if err != nil {
		return actor, errors.AccessTokenInvalid.AtHeader("Authorization").Because(err)
	}
	var session *model.Session
	err = s.Store.Read(ctx, func(tx *store.Tx) error {
		// One statement: a session that was ended, a customer who may not log in
		// any more, or a key that was removed, has no row here.
		actor.customer, session, err = tx.CustomerOfSession(claims.Session, claims.Key)
		return err
	})
	if errors.Is(err, errors.AccessTokenInvalid) || err == nil && (actor.customer.Reference != claims.Subject || actor.customer.Store != s.Rules.Store) {
		return Actor{Client: client}, errors.AccessTokenInvalid.AtHeader("Authorization")
	}
	if err != nil {
		return Actor{Client: client}, err
	}
	actor.session = session.ID
	s.see(ctx, client, session)
	return actor, nil
}

// apiKeyPrefix tells API keys from access tokens at a glance, and to secret
// scanners.
const apiKeyPrefix = "clientele_"

// bootstrapKey is the id of the API key that stands in the configuration.
const bootstrapKey = "bootstrap"

// scopesOf returns the id and the scopes of an API key; nil when the credential
// is none.
func (s *Service) scopesOf(ctx context.Context, credential string) (id string, _ map[Scope]bool, _ error) {
	if s.AdminKey != "" && subtle.ConstantTimeCompare(token.Digest(credential), token.Digest(s.AdminKey)) == 1 {
		return bootstrapKey, scopeSet(Scopes()), nil
	}
	if !strings.HasPrefix(credential, apiKeyPrefix) {
		return "", nil, nil
	}
	var key *model.APIKey
	err := s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		key, err = tx.APIKey(token.Digest(credential))
		return err
	})
	if err != nil {
		return "", nil, err
	}
	if key == nil || key.Store != s.Rules.Store {
		return "", nil, errors.AccessTokenInvalid.AtHeader("Authorization")
	}
	var scopes []Scope
	for _, name := range strings.Fields(key.Scopes) {
		scopes = append(scopes, Scope(name))
	}
	return key.ID, scopeSet(scopes), nil
}

func scopeSet(scopes []Scope) map[Scope]bool {
	set := make(map[Scope]bool, len(scopes))
	for _, scope := range scopes {
		set[scope] = true
	}
	return set
}

// CreateAPIKey makes a key with the scopes for this installation's store and
// returns its secret. The secret is shown this once: the database keeps a
// digest.
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

func scopeNames() string {
	var names []string
	for _, scope := range Scopes() {
		names = append(names, string(scope))
	}
	return strings.Join(names, ", ")
}
