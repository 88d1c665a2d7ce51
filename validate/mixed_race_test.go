package validate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
)

type mixedJSON struct {
	Query string                             `query:"q" mod:"trim"`
	List  []string                           `query:"l" style:"comma"`
	Head  string                             `header:"X-Mark"`
	Text  string                             `json:"text" validate:"max=40"`
	Raw   json.RawMessage                    `json:"raw"`
	Opt   validate.Optional[json.RawMessage] `json:"opt"`
	Map   map[string]string                  `json:"map"`
	Word  string                             `json:"word" default:"word" mod:"upper"`
}

type mixedForm struct {
	Text string        `form:"text" mod:"squeeze"`
	File validate.File `form:"file"`
}

// Values are kept while other requests take the buffers: nothing of one may
// show in another.
func TestValuesKeepTheirBytes(t *testing.T) {
	js := mustNew[mixedJSON](t, validate.Config{AllowFree: true})
	fs := mustNew[mixedForm](t, validate.Config{})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			checks := make([]func() bool, 0, 200)
			for i := range 100 {
				mark := strings.Repeat(fmt.Sprintf("%d-%d.", g, i), 5)
				r := post(fmt.Sprintf(`{"text":%q,"raw":[%q],"opt":{"a":%[1]q},"map":{%[1]q:%[1]q}}`, mark, mark))
				r.URL.RawQuery = "q=+" + mark + "&l=" + mark + "," + mark
				r.Header.Set("X-Mark", mark)
				v, err := js.Decode(nil, r)
				if err != nil {
					t.Error(err)
					return
				}
				checks = append(checks, func() bool {
					return v.Query == mark && v.List[0] == mark && v.List[1] == mark && v.Head == mark && v.Text == mark && string(v.Raw) == `["`+mark+`"]` &&
						string(v.Opt.Value) == `{"a":"`+mark+`"}` && v.Map[mark] == mark && v.Word == "WORD"
				})
				r = httptest.NewRequest("POST", "/", strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n"+mark+
					"\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\""+mark+"x\"\r\n\r\n"+mark+"\r\n--b--\r\n"))
				r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
				f, err := fs.Decode(nil, r)
				if err != nil {
					t.Error(err)
					return
				}
				checks = append(checks, func() bool {
					return f.Text == mark && f.File.Name == mark+"x" && bytes.Equal(f.File.Bytes(), []byte(mark))
				})
				if _, err := js.Decode(nil, post(`{"text":"`+strings.Repeat("z", 41+i)+`","nope":1}`)); err == nil {
					t.Error("accepted")
				}
			}
			for i, ok := range checks {
				if !ok() {
					t.Errorf("value %d of %d has changed", i, g)
				}
			}
		})
	}
	wg.Wait()
}
