package recipes

import (
	"context"
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
)

// byField writes refusals as the front end reads them: {"errors":{"title":["is required"]}}.
type byField struct{}

// ContentType is the type of JSON.
func (byField) ContentType() string { return "application/json" }

// Append appends the refusal.
func (byField) Append(b []byte, r httperr.Refusal) []byte {
	fields := map[string][]string{}
	for _, f := range r.Faults {
		name := f.Name
		if f.Pointer != nil {
			name = path.Base(*f.Pointer)
		}
		fields[name] = append(fields[name], f.Message)
	}
	if len(fields) == 0 {
		fields[r.Code] = []string{strings.TrimSuffix(r.Message, ".")}
	}
	text, err := json.Marshal(struct {
		Errors        map[string][]string `json:"errors"`
		CorrelationID string              `json:"correlation_id"`
	}{fields, r.CorrelationID})
	if err != nil {
		return b
	}
	return append(b, text...)
}

// Register is POST /api/users.
type Register struct {
	User struct {
		Email string `json:"email" validate:"required,email"`
	} `json:"user" validate:"required"`
}

// Registered is the response to it.
type Registered struct {
	User struct {
		Token string `json:"token"`
	} `json:"user"`
}

// StatusCode is 201.
func (*Registered) StatusCode() int { return http.StatusCreated }

// Get is GET /api/recipes/{slug}.
type Get struct {
	Slug string `path:"slug"`
}

// Add is POST /api/recipes.
type Add struct {
	Recipe struct {
		Title string `json:"title" validate:"required,min=1,max=200"`
		Steps string `json:"steps" validate:"max=10000"`
	} `json:"recipe" validate:"required"`
}

// Change is PUT /api/recipes/{slug}: a member that is absent keeps the stored value.
type Change struct {
	Recipe struct {
		Title *string `json:"title" validate:"omitempty,min=1,max=200"`
		Steps *string `json:"steps" validate:"omitempty,max=10000"`
	} `json:"recipe" validate:"required"`
}

// One is a response with a recipe.
type One struct {
	Recipe Recipe `json:"recipe"`
}

// Created is One with the status 201.
type Created One

// StatusCode is 201.
func (*Created) StatusCode() int { return http.StatusCreated }

// user returns the ID of the caller, 0 without one.
func user(ctx context.Context) int {
	p, ok := authn.FromContext(ctx)
	if !ok {
		return 0
	}
	id, _ := strconv.Atoi(p.Subject)
	return id
}

func (a *after) register(_ context.Context, in *Register) (*Registered, error) {
	id, free := a.store.addUser(in.User.Email)
	if !free {
		return nil, validate.Fault("/user/email", "taken", "is taken")
	}
	issued, err := a.tokens.Issue(jwtissuer.Grant{Subject: strconv.Itoa(id)})
	out := new(Registered)
	out.User.Token = issued.Token
	return out, err
}

func (a *after) get(ctx context.Context, in *Get) (*One, error) {
	recipe, ok := a.store.recipe(in.Slug)
	if !ok {
		return nil, httperr.ErrNotFound
	}
	recipe.Mine = recipe.Author == user(ctx)
	return &One{recipe}, nil
}

func (a *after) add(ctx context.Context, in *Add) (*Created, error) {
	owner, _, err := object.Own(ctx)
	if err != nil {
		return nil, err
	}
	id, err := strconv.Atoi(owner.Subject)
	if err != nil {
		return nil, err
	}
	recipe := a.store.add(id, in.Recipe.Title, in.Recipe.Steps)
	recipe.Mine = true
	return &Created{recipe}, nil
}

func (a *after) change(ctx context.Context, in *Change) (*One, error) {
	recipe, _ := a.mine.From(ctx)
	if in.Recipe.Title != nil {
		recipe.Title = *in.Recipe.Title
	}
	if in.Recipe.Steps != nil {
		recipe.Steps = *in.Recipe.Steps
	}
	recipe.Mine = true
	a.store.put(recipe)
	return &One{recipe}, nil
}
