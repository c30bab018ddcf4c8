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
		return actor, s.choose(ctx, &actor)
	}
	credential, ok := bearer(header)
	if !ok {
		return actor, errors.AccessTokenInvalid.AtHeader("Authorization")
	}
	if known, err := s.showKey(ctx, &actor, credential); err != nil {
		return actor, err
	} else if known {
		return actor, s.choose(ctx, &actor)
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
	if errors.Is(err, errors.AccessTokenInvalid) || err == nil && actor.customer.Reference != claims.Subject {
		return Actor{Client: client}, errors.AccessTokenInvalid.AtHeader("Authorization")
	}
	if err != nil {
		return Actor{Client: client}, err
	}
	actor.session, actor.store = session.ID, actor.customer.Store
	s.see(ctx, client, session)
	return actor, s.choose(ctx, &actor)
}

// bearer returns the credential of a header that is one token after the scheme.
func bearer(header []string) (string, bool) {
	if len(header) != 1 {
		return "", false
	}
	parts := strings.Fields(header[0])
	if len(parts) != 2 || !strings.EqualFold(parts[0], "Bearer") {
		return "", false
	}
	return parts[1], true
}

// apiKeyPrefix tells API keys from access tokens at a glance, and to secret
// scanners.
const apiKeyPrefix = "clientele_"

// bootstrapKey is the id of the API key that stands in the configuration.
const bootstrapKey = "bootstrap"

// showKey tells what an API key lets its actor do, and in which store: the one of the
// configuration in any. It reports false for a credential that is none.
func (s *Service) showKey(ctx context.Context, actor *Actor, credential string) (known bool, err error) {
	if s.AdminKey != "" && subtle.ConstantTimeCompare(token.Digest(credential), token.Digest(s.AdminKey)) == 1 {
		actor.keyID, actor.scopes = bootstrapKey, scopeSet(Scopes())
		return true, nil
	}
	if !strings.HasPrefix(credential, apiKeyPrefix) {
		return false, nil
	}
	var key *model.APIKey
	err = s.Store.Read(ctx, func(tx *store.Tx) (err error) {
		key, err = tx.APIKey(token.Digest(credential))
		return err
	})
	if err != nil {
		return false, err
	}
	if key == nil {
		return false, errors.AccessTokenInvalid.AtHeader("Authorization")
	}
	var scopes []Scope
	for _, name := range strings.Fields(key.Scopes) {
		scopes = append(scopes, Scope(name))
	}
	actor.keyID, actor.scopes, actor.store = key.ID, scopeSet(scopes), key.Store
	return true, nil
}

func scopeSet(scopes []Scope) map[Scope]bool {
	set := make(map[Scope]bool, len(scopes))
	for _, scope := range scopes {
		set[scope] = true
	}
	return set
}
