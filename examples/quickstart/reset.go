package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

// RequestReset is POST /v1/password-reset.
type RequestReset struct {
	Email string `json:"email" mod:"trim,lower" validate:"required,email,max=254"`
}

// ConfirmReset is POST /v1/password-reset/confirm, with the token from the mail. The least
// length of a password without a second factor is the one of NIST SP 800-63B-4.
type ConfirmReset struct {
	Email    string `json:"email" mod:"trim,lower" validate:"required,email,max=254"`
	Token    string `json:"token" validate:"required,max=100"`
	Password string `json:"password" validate:"required,min=15,max=1000"`
}

// Accepted is the response to every RequestReset, whether the account exists or not.
type Accepted struct {
	Message string `json:"message"`
}

// StatusCode tells package validate the status of the response.
func (*Accepted) StatusCode() int { return http.StatusAccepted }

var errResetToken = &httperr.Error{
	Status:  http.StatusBadRequest,
	Code:    "reset_token_invalid",
	Message: "The token is not valid. Ask for a new mail.",
}

// requestReset sends a token to the owner of an account. The limit counts accounts that do
// not exist as well, so a refusal tells nothing either.
func (a *accounts) requestReset(ctx context.Context, in *RequestReset) (*Accepted, error) {
	err := a.limits.reset.Guard(ctx, ratelimit.StringKey(in.Email), func() error {
		if _, ok := a.users.find(in.Email); !ok {
			return nil
		}
		// The guard of the login has such tokens: valid once, for 30 minutes, hashed at rest.
		token, err := a.guard.Issue(ctx, in.Email)
		if err == nil {
			// Put the mail into a queue: the time to send it would tell which accounts exist.
			a.mail(in.Email, "reset your password with the token "+token)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Accepted{"If there is such an account, a mail is on its way to its owner."}, nil
}

// confirmReset sets the password, unlocks the login, and ends all sessions. One of them may
// be of the attacker that is the reason for the reset.
func (a *accounts) confirmReset(ctx context.Context, in *ConfirmReset) (*struct{}, error) {
	addr, _ := clientip.FromContext(ctx)
	switch err := a.guard.Redeem(ctx, in.Email, in.Token, addr); {
	case errors.Is(err, lockout.ErrToken):
		return nil, errResetToken
	case err != nil:
		return nil, err
	}
	a.users.setPassword(in.Email, in.Password)
	who, _ := a.users.find(in.Email)
	if _, err := a.sessions.RevokeSubject(ctx, who.subject); err != nil {
		return nil, err // 503: the owner asks for another mail, which ends them
	}
	return nil, a.guard.Forget(ctx, in.Email)
}
