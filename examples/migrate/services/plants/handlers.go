package plants

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/validate"
)

type after struct {
	store   *Store
	tokens  *jwtissuer.Issuer
	gardens *object.Guard[Garden, int]
	plants  *object.Guard[Plant, int]
}

// Register is POST /users.
type Register struct {
	Email string `json:"email" validate:"required,email"`
}

// Token is the response to it.
type Token struct {
	Token string `json:"token"`
}

// StatusCode is 201.
func (*Token) StatusCode() int { return http.StatusCreated }

// Add is POST /gardens and POST /gardens/{id}/plants.
type Add struct {
	Name string `json:"name" validate:"required,min=1,max=80"`
}

// Get is a request without content.
type Get struct{}

// List is GET /plants.
type List struct {
	Gardens []int `query:"garden_id[]" style:"brackets" validate:"max=50"`
}

// Created is a response with the status 201.
type Created[T any] struct{ Value T }

// MarshalJSON writes the value alone.
func (c *Created[T]) MarshalJSON() ([]byte, error) { return json.Marshal(c.Value) }

// StatusCode is 201.
func (*Created[T]) StatusCode() int { return http.StatusCreated }

// caller returns the ID of the user, which is an integer in the database.
func caller(ctx context.Context) (int, error) {
	p, ok := authn.FromContext(ctx)
	if !ok {
		return 0, authn.ErrNoCredentials
	}
	return strconv.Atoi(p.Subject)
}

func (a *after) register(_ context.Context, in *Register) (*Token, error) {
	id, err := a.store.addUser(in.Email)
	if errors.Is(err, errTaken) {
		return nil, validate.Fault("/email", "taken", "is taken")
	}
	if err != nil {
		return nil, err
	}
	issued, err := a.tokens.Issue(jwtissuer.Grant{Subject: strconv.Itoa(id)})
	return &Token{issued.Token}, err
}

func (a *after) addGarden(ctx context.Context, in *Add) (*Created[Garden], error) {
	id, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	return &Created[Garden]{a.store.addGarden(id, in.Name)}, nil
}

func (a *after) getGarden(ctx context.Context, _ *Get) (*Garden, error) {
	g, _ := a.gardens.From(ctx)
	return &g, nil
}

func (a *after) addPlant(ctx context.Context, in *Add) (*Created[Plant], error) {
	g, _ := a.gardens.From(ctx)
	return &Created[Plant]{a.store.addPlant(g.ID, in.Name)}, nil
}

func (a *after) listPlants(ctx context.Context, in *List) (*[]Plant, error) {
	id, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	list := a.store.plantsIn(id, in.Gardens)
	return &list, nil
}

func (a *after) removePlant(ctx context.Context, _ *Get) (*struct{}, error) {
	p, _ := a.plants.From(ctx)
	a.store.removePlant(p.ID)
	return nil, nil
}
