package services

import (
	"database/sql"
	"encoding/json"
	"mime/multipart"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/validate"
)

// A call is a request, and its faults as kit.Sourced writes them.
type call struct{ target, body, want string }

// called is admits for calls by POST.
func called[T any](t *testing.T, cfg validate.Config, pattern string, calls ...call) {
	t.Helper()
	var list []request
	for _, c := range calls {
		list = append(list, request{target: c.target, body: c.body, want: c.want})
	}
	admits[T](t, "POST "+pattern, cfg, list...)
}

type serviceModel struct {
	ID        uint
	DeletedAt *time.Time
}

// serviceLine is a line of an order, of a struct that gin has checked.
type serviceLine struct {
	SKU string `json:"sku" validate:"required,alphanum"`
	Qty int    `json:"qty" validate:"required,min=1,max=99"`
}

func TestRequestsOfGin(t *testing.T) {
	t.Run("login", func(t *testing.T) {
		type found struct {
			User string `json:"user" binding:"required,max=64"`
			Pass string `json:"pass" binding:"required"`
		}
		moved[found](t, `found.User: "binding:\"required,max=64\"": is a tag of another library, whose rules nothing here runs; rename it to validate`, "found.Pass")
		type login struct {
			User string `json:"user" validate:"required,min=1,max=64"`
			Pass string `json:"pass" validate:"required,min=1"`
		}
		called[login](t, validate.Config{}, "/login",
			call{"/login", `{"user":"ann","pass":"x"}`, ""},
			call{"/login", `{"user":"ann"}`, "/pass required"},
			call{"/login", `{"user":"","pass":"x"}`, "/user min_length"},
			call{"/login", `{"User":"ann","pass":"x"}`, " unknown_member, /user required"},
			call{"/login", `{"user":"ann","pass":"x","admin":true}`, " unknown_member"})
		type either struct { // gin reads it from JSON or from a form
			User string `form:"user" json:"user" validate:"required,min=1,max=64"`
			Pass string `form:"pass" json:"pass" validate:"required,min=1"`
		}
		called[either](t, validate.Config{}, "/login",
			call{"/login", `{"user":"ann"}`, "/pass required"}, call{"/login", `form:user=ann`, "form pass required"},
			call{"/login", `form:user=ann&pass=x`, ""})
	})
	t.Run("address", func(t *testing.T) {
		type found struct {
			ID string `uri:"id" binding:"required,uuid"`
		}
		moved[found](t, "tag it path", "rename it to validate")
		type byID struct {
			ID string `path:"id" validate:"required,uuid"`
		}
		called[byID](t, validate.Config{}, "/users/{id}",
			call{"/users/7b0c6f3e-0d52-4b0a-9d0e-5f6a7b8c9d0e", "", ""}, call{"/users/1", "", "path id format_uuid"})
	})
	t.Run("page", func(t *testing.T) {
		type found struct {
			Page int    `form:"page,default=1"`
			Sort string `form:"sort"`
		}
		moved[found](t, `found.Page: "page,default=1": is not the name of a parameter`)
		type page struct {
			Page int    `query:"page" default:"1" validate:"min=1"`
			Sort string `query:"sort" default:"id" validate:"oneof=id name"`
		}
		called[page](t, validate.Config{OtherQuery: []string{"utm_source"}}, "/users",
			call{"/users", "", ""}, call{"/users?page=2&sort=name&utm_source=x", "", ""},
			call{"/users?page=0&sort=age", "", "query page min, query sort enum"},
			call{"/users?page=1&page=2", "", "query page duplicate"}, call{"/users?Page=1", "", "query  unknown_parameter"})
	})
	t.Run("dates", func(t *testing.T) {
		type found struct {
			Day time.Time `query:"day" time_format:"2006-01-02" time_utc:"1"`
		}
		moved[found](t, `make it a string with validate:"datetime=2006-01-02"`, "time_utc")
		type day struct {
			Day string `query:"day" validate:"required,datetime=2006-01-02"`
		}
		called[day](t, validate.Config{}, "/slots",
			call{"/slots?day=2026-02-28", "", ""}, call{"/slots?day=2026-02-30", "", "query day format_date_time"}, call{"/slots", "", "query day required"})
	})
	t.Run("upload", func(t *testing.T) {
		type found struct {
			Avatar *multipart.FileHeader   `form:"avatar" binding:"required"`
			More   []*multipart.FileHeader `form:"more"`
		}
		moved[found](t, "found.Avatar: \"*multipart.FileHeader\"", "found.Avatar: \"binding", "found.More: \"[]*multipart.FileHeader\": is not a type that a parameter can have; use validate.File")
		type avatar struct {
			Avatar validate.File   `form:"avatar" accept:"image/png" validate:"required"`
			More   []validate.File `form:"more" style:"repeat" validate:"max=3"`
		}
		called[avatar](t, validate.Config{}, "/avatar", call{"/avatar", "form:avatar=x", "form avatar type"})
	})
	t.Run("order", func(t *testing.T) {
		type found struct {
			Lines []serviceLine `json:"lines" validate:"required"`
			Note  string        `json:"note" maxLength:"200"`
		}
		moved[found](t, `found.Lines: "required": has structs in it with rules, and no dive`, `write validate:"max=200"`)
		type order struct {
			Lines []serviceLine `json:"lines" validate:"required,min=1,max=50,dive,required"`
			Note  string        `json:"note" maxLength:"200" validate:"max=200"`
		}
		called[order](t, validate.Config{}, "/orders",
			call{"/orders", `{"lines":[{"sku":"A1","qty":1}]}`, ""}, call{"/orders", `{"lines":[]}`, "/lines min_items"},
			call{"/orders", `{"lines":[{"sku":"A-1","qty":0},{"qty":1}]}`, "/lines/0/sku pattern, /lines/0/qty min, /lines/1/sku required"},
			call{"/orders", `{"lines":null}`, "/lines null"})
	})
	t.Run("model", func(t *testing.T) {
		type found struct {
			serviceModel
			Title string `json:"title" validate:"required"`
		}
		moved[found](t, `found.serviceModel: "ID DeletedAt": is in an embedded struct and has no tag`)
		type article struct {
			serviceModel `json:"-"`
			Title        string   `json:"title" validate:"required,min=1"`
			Tags         []string `json:"tags" validate:"max=5,dive,min=1"`
		}
		called[article](t, validate.Config{}, "/articles",
			call{"/articles", `{"title":"a","tags":null}`, ""}, call{"/articles", `{"title":"a","ID":7}`, " unknown_member"})
	})
	t.Run("booking", func(t *testing.T) {
		type found struct {
			In   time.Time `json:"in" validate:"required,bookable"`
			Zone string    `json:"zone" validate:"timezone"`
		}
		moved[found](t, `"bookable": is not a rule that this package knows`, `"timezone": asks the file system or the network`)
		type booking struct {
			In  time.Time `json:"in" validate:"required,bookable"`
			Out time.Time `json:"out" validate:"required,gtfield=In"`
		}
		cfg := validate.Config{Rules: map[string]validate.Rule{"bookable": {
			Check: func(v any, _ string) bool { return v.(time.Time).IsZero() || v.(time.Time).Year() >= 2026 }, Message: "must be in the calendar",
		}}}
		called[booking](t, cfg, "/book",
			call{"/book", `{"in":"2026-05-01T10:00:00Z","out":"2026-05-02T10:00:00+02:00"}`, ""},
			call{"/book", `{"in":"2001-05-01T10:00:00Z","out":"2026-05-02T10:00:00Z"}`, "/in rule_bookable"},
			call{"/book", `{"in":"2026-05-01T10:00:00Z","out":"2026-04-01T10:00:00Z"}`, "/out compare"},
			call{"/book", `{"in":"2026-05-01","out":"2026-05-02T24:00:00Z"}`, "/in format_date_time, /out format_date_time"})
	})
	t.Run("product", func(t *testing.T) {
		type found struct {
			Meta  map[string]interface{} `json:"meta"`
			Count int                    `json:"count,string"`
		}
		moved[found](t, `free:"true"`, "has two types in JSON")
		type product struct {
			Meta  map[string]any `json:"meta" free:"true" validate:"max=2"`
			Price float64        `json:"price" validate:"required,gt=0"`
			Kind  string         `json:"kind" validate:"required,oneof=book 'old book'"`
			URL   string         `json:"url" validate:"omitempty,url"`
		}
		called[product](t, validate.Config{}, "/products",
			call{"/products", `{"price":1,"kind":"old book","meta":{"a":[1,{}]},"url":""}`, ""},
			call{"/products", `{"price":0,"kind":"car","meta":{"a":1,"b":2,"c":3},"url":"x"}`, "/meta max_members"},
			call{"/products", `{"price":0,"kind":"car","meta":{"a":null},"url":"x"}`, "/price exclusive_min, /kind enum, /url format_url"},
			call{"/products", `{"price":"1","kind":"book","meta":{"a":1,"a":2}}`, "/price type, /meta duplicate_member"})
	})
	t.Run("filter", func(t *testing.T) {
		type found struct {
			IDs []int64 `query:"ids" collection_format:"csv"`
		}
		moved[found](t, `write style:"repeat" for multi, or style:"comma" for csv`, `does not say how the list is sent`)
		type filter struct {
			IDs []int64 `query:"ids" style:"comma" collection_format:"csv" validate:"max=3"`
		}
		called[filter](t, validate.Config{}, "/f",
			call{"/f?ids=1,2", "", ""}, call{"/f?ids=1,x", "", "query ids type"}, call{"/f?ids=1,2,3,4", "", "query ids max_items"})
	})
}

func TestRequestsOfEcho(t *testing.T) {
	t.Run("user", func(t *testing.T) {
		type found struct {
			ID   uuid.UUID `param:"id" validate:"required"`
			Name string    `json:"name" query:"name" validate:"required"`
		}
		moved[found](t, `found.ID: "param:\"id\"": is how another library says where a field comes from`, "found.Name: \"name\": is a member of the body")
		type user struct {
			ID   uuid.UUID `path:"id"`
			Name string    `json:"name" validate:"required,min=1"`
		}
		called[user](t, validate.Config{}, "/users/{id}",
			call{"/users/7b0c6f3e-0d52-4b0a-9d0e-5f6a7b8c9d0e", `{"name":"a"}`, ""},
			call{"/users/7b0c6f3e0d524b0a9d0e5f6a7b8c9d0e", `{"name":"a","id":"b"}`, "path id format_uuid,  unknown_member"})
	})
	t.Run("sign up", func(t *testing.T) {
		type account struct { // as it is
			Email   string `json:"email" mod:"trim,lower" validate:"required,email"`
			Pass    string `json:"pass" validate:"required,min=8,containsany=0123456789"`
			Confirm string `json:"confirm" validate:"required,eqfield=Pass"`
			Terms   bool   `json:"terms" validate:"required,eq=true"`
		}
		called[account](t, validate.Config{}, "/signup",
			call{"/signup", `{"email":" A@b.example ","pass":"abcdefg1","confirm":"abcdefg1","terms":true}`, ""},
			call{"/signup", `{"email":"a","pass":"abcdefgh","confirm":"x","terms":false}`, "/email format_email, /pass contains_any, /terms const"},
			call{"/signup", `{"email":"a@b.example","pass":"abcdefg1","confirm":"x","terms":true}`, "/confirm compare"})
	})
	t.Run("search", func(t *testing.T) {
		type found struct {
			Tags []string `query:"tags" validate:"max=3"`
			Sort string   `query:"sort" validate:"oneof=name,age"`
		}
		moved[found](t, `does not say how the list is sent; tag it style:"repeat"`, "the words of oneof have spaces between them")
		type search struct {
			Tags []string `query:"tags" style:"repeat" validate:"max=3,dive,alpha"`
			Sort string   `query:"sort" validate:"omitempty,oneof=name age"`
			Q    *string  `query:"q" validate:"omitempty,min=2"`
		}
		called[search](t, validate.Config{}, "/s",
			call{"/s?tags=a&tags=b&sort=age", "", ""}, call{"/s?tags=1&sort=x&q=", "", "query tags pattern, query sort enum, query q min_length"})
	})
	t.Run("headers", func(t *testing.T) {
		type found struct {
			Token string `header:"Authorization" validate:"required"`
			Trace string `reqHeader:"X-Trace"`
		}
		moved[found](t, "use authn.FromContext for credentials", "tag it header")
		type traced struct {
			Trace string `header:"X-Trace" validate:"required,max=9"`
		}
		called[traced](t, validate.Config{}, "/t", call{"/t", "", "header X-Trace required"})
	})
	t.Run("patch", func(t *testing.T) {
		type found struct {
			Name validate.Optional[string] `json:"name" validate:"omitempty,min=2"`
			Bio  sql.NullString            `json:"bio"`
		}
		moved[found](t, "remove omitempty", "use *string, or for a member validate.Optional[string]")
		type profile struct {
			Name  *string                   `json:"name" validate:"omitempty,min=2"`
			Bio   validate.Optional[string] `json:"bio" validate:"max=9"`
			Links []string                  `json:"links" validate:"omitempty,max=2,dive,url"`
		}
		called[profile](t, validate.Config{}, "/me",
			call{"/me", `{}`, ""}, call{"/me", `{"name":null,"bio":null,"links":null}`, ""},
			call{"/me", `{"name":"","bio":"0123456789","links":["x"]}`, "/name min_length, /bio max_length, /links/0 format_url"})
	})
	t.Run("checkout", func(t *testing.T) {
		type found struct {
			Payer struct {
				IP string `json:"ip" validate:"required,ip_addr"`
			} `json:"payer"`
			Card *int `json:"card" validate:"excluded_if=Cash nil"`
			Cash *int `json:"cash"`
		}
		moved[found](t, `found.Payer.IP: "ip_addr"`, "write excluded_without=Cash")
		type checkout struct {
			Payer struct {
				IP string `json:"ip" validate:"required,ip"`
			} `json:"payer"`
			Kind string `json:"kind" validate:"required,oneof=card cash"`
			Card string `json:"card" validate:"required_if=Kind card,excluded_unless=Kind card,omitempty,credit_card"`
		}
		called[checkout](t, validate.Config{}, "/pay",
			call{"/pay", `{"payer":{"ip":"::1"},"kind":"card","card":"4242424242424242"}`, ""},
			call{"/pay", `{"payer":{"ip":"::1"},"kind":"cash","card":""}`, "/card excluded"},
			call{"/pay", `{"kind":"card"}`, "/payer required, /card required"})
	})
	t.Run("subscribe", func(t *testing.T) {
		type subscribe struct { // as it is
			Email string `form:"email" validate:"required,email"`
			News  bool   `form:"news"`
			Age   *int   `form:"age" validate:"omitempty,min=13"`
		}
		called[subscribe](t, validate.Config{}, "/sub",
			call{"/sub", "form:email=a%40b.example&news=true", ""}, call{"/sub", "form:email=a&news=on&age=12", "form email format_email, form news type, form age min"})
	})
	t.Run("network", func(t *testing.T) {
		type device struct { // as it is
			MAC  string `json:"mac" validate:"required,mac"`
			CIDR string `json:"cidr" validate:"required,cidrv4"`
			Host string `json:"host" validate:"required,hostname_rfc1123"`
			Port int    `json:"port" validate:"required,port"`
		}
		called[device](t, validate.Config{}, "/d",
			call{"/d", `{"mac":"01:23:45:67:89:ab","cidr":"10.0.0.0/8","host":"a-1.example","port":80}`, ""},
			call{"/d", `{"mac":"x","cidr":"::/8","host":"-","port":0}`, "/mac format_mac, /cidr format_cidrv4, /host format_hostname, /port format_port"})
	})
	t.Run("hook", func(t *testing.T) {
		type found struct {
			ID      string          `json:"id" v:"required" valid:"alphanum"`
			Payload json.RawMessage `json:"payload"`
		}
		moved[found](t, "\"v:", "\"valid:", `free:"true"`)
		type hook struct {
			ID      string          `json:"id" validate:"required,alphanum"`
			Payload json.RawMessage `json:"payload" free:"true" validate:"required"`
		}
		called[hook](t, validate.Config{}, "/hook",
			call{"/hook", `{"id":"a1","payload":{"n":505874924095815700}}`, ""}, call{"/hook", `{"id":"a-1","payload":null}`, "/id pattern, /payload null"})
	})
	t.Run("tree", func(t *testing.T) {
		called[serviceTree](t, validate.Config{MaxDepth: 8}, "/menu",
			call{"/menu", `{"name":"a","sub":[{"name":"b","sub":null}]}`, ""},
			call{"/menu", `{"name":"a","sub":[{"name":"","sub":[{}]}]}`, "/sub/0/name min_length, /sub/0/sub/0/name required"})
	})
}

// serviceTree is a menu, which may contain itself.
type serviceTree struct {
	Name string         `json:"name" validate:"required,min=1"`
	Sub  []*serviceTree `json:"sub" validate:"max=9,dive"`
}
