package bench

import "strings"

// order is the body that the candidates get: a kilobyte with two levels of objects and
// a list, all of it valid. huma reads its own tags, the others read the tags of the
// validator, which say the same.
type order struct {
	Customer customer          `json:"customer" validate:"required"`
	Shipping address           `json:"shipping" validate:"required"`
	Billing  *address          `json:"billing" validate:"omitempty"`
	Items    []line            `json:"items" validate:"required,min=1,max=50,dive" minItems:"1" maxItems:"50"`
	Currency string            `json:"currency" validate:"required,oneof=EUR USD" enum:"EUR,USD"`
	Note     string            `json:"note" validate:"max=500" maxLength:"500"`
	Express  bool              `json:"express"`
	Meta     map[string]string `json:"meta" validate:"max=10"`
}

type customer struct {
	Name  string `json:"name" validate:"required,max=100" maxLength:"100"`
	Email string `json:"email" validate:"required,email" format:"email"`
	Phone string `json:"phone" validate:"omitempty,e164" pattern:"^\\+[1-9][0-9]{7,14}$"`
}

type address struct {
	Street  string `json:"street" validate:"required,max=100" maxLength:"100"`
	City    string `json:"city" validate:"required,max=100" maxLength:"100"`
	Zip     string `json:"zip" validate:"required,len=5" minLength:"5" maxLength:"5"`
	Country string `json:"country" validate:"required,len=2" minLength:"2" maxLength:"2"`
}

type line struct {
	SKU   string   `json:"sku" validate:"required,max=32" maxLength:"32"`
	Title string   `json:"title" validate:"required,max=200" maxLength:"200"`
	Qty   int      `json:"qty" validate:"required,min=1,max=99" minimum:"1" maximum:"99"`
	Price float64  `json:"price" validate:"required,gt=0" exclusiveMinimum:"0"`
	Tags  []string `json:"tags" validate:"max=10,dive,max=20" maxItems:"10"`
}

var goodOrder = `{"customer":{"name":"Ada Lovelace","email":"ada@example.com","phone":"+441234567890"},` +
	`"shipping":{"street":"12 St James's Square","city":"London","zip":"12345","country":"GB"},` +
	`"billing":{"street":"1 Rue de la Paix","city":"Paris","zip":"75002","country":"FR"},"items":[` +
	strings.Repeat(`{"sku":"A-1029-XL","title":"Analytical engine, second hand, some wear","qty":2,"price":129.95,"tags":["brass","steam","rare"]},`, 4) +
	`{"sku":"B-7","title":"Punched cards \u2014 box of 500","qty":10,"price":4.5e0,"tags":[]}],` +
	`"currency":"EUR","note":"Please ring twice; the bell is quiet.","express":true,"meta":{"campaign":"spring","source":"newsletter"}}`

// badOrder breaks the same rule for every candidate.
var badOrder = strings.Replace(goodOrder, `"qty":10`, `"qty":100`, 1)

// openAPI returns the OpenAPI document of the schema called body, for kin-openapi.
func openAPI(body string) string {
	return strings.Replace(spec, "{body}", body, 1)
}

// spec describes order and bombed in OpenAPI.
const spec = `{
"openapi":"3.0.3","info":{"title":"orders","version":"1"},
"paths":{"/orders":{"post":{"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/{body}"}}}},"responses":{"204":{"description":"taken"}}}}},
"components":{"schemas":{
"order":{"type":"object","additionalProperties":false,"required":["customer","shipping","items","currency"],"properties":{
	"customer":{"type":"object","additionalProperties":false,"required":["name","email"],"properties":{
		"name":{"type":"string","maxLength":100},"email":{"type":"string","format":"email"},"phone":{"type":"string","pattern":"^\\+[1-9][0-9]{7,14}$"}}},
	"shipping":{"$ref":"#/components/schemas/address"},"billing":{"$ref":"#/components/schemas/address"},
	"items":{"type":"array","minItems":1,"maxItems":50,"items":{"type":"object","additionalProperties":false,"required":["sku","title","qty","price"],"properties":{
		"sku":{"type":"string","maxLength":32},"title":{"type":"string","maxLength":200},"qty":{"type":"integer","minimum":1,"maximum":99},
		"price":{"type":"number","minimum":0,"exclusiveMinimum":true},"tags":{"type":"array","maxItems":10,"items":{"type":"string","maxLength":20}}}}},
	"currency":{"type":"string","enum":["EUR","USD"]},"note":{"type":"string","maxLength":500},"express":{"type":"boolean"},
	"meta":{"type":"object","maxProperties":10,"additionalProperties":{"type":"string"}}}},
"bombed":{"type":"object","additionalProperties":false,"properties":{
	"orders":{"type":"array","items":{"$ref":"#/components/schemas/order"}},"any":{},"number":{"type":"number"},"text":{"type":"string"},
	"map":{"type":"object","additionalProperties":{"type":"integer"}}}},
"address":{"type":"object","additionalProperties":false,"required":["street","city","zip","country"],"properties":{
	"street":{"type":"string","maxLength":100},"city":{"type":"string","maxLength":100},"zip":{"type":"string","minLength":5,"maxLength":5},"country":{"type":"string","minLength":2,"maxLength":2}}}
}}}`
