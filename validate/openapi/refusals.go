package openapi

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// The names of the schemas of an error, and of a fault in it.
const (
	errorSchema = "Error"
	faultSchema = errorSchema + ".Fault"
)

// addErrors adds the schema of the bodies that the Encoder writes.
func (b *builder) addErrors(e httperr.Encoder) {
	text := object{"type": "string"}
	members := object{
		"code":           object{"type": "string", "description": "A stable name of the reason."},
		"message":        object{"type": "string", "description": "A sentence for developers. It may change."},
		"correlation_id": object{"type": "string", "description": "The ID of the request in the logs of the service."},
		"errors":         object{"type": "array", "description": "The faults of the request.", "items": reference("schemas", faultSchema)},
		"truncated":      object{"type": "boolean", "description": "The request has more faults than errors lists."},
	}
	required := []string{"code", "correlation_id", "message"}
	b.errorMedia = "application/json"
	if !nilcheck.Nil(e) {
		b.errorMedia = e.ContentType()
		if media, _, err := mime.ParseMediaType(b.errorMedia); err == nil {
			b.errorMedia = media
		} else {
			b.faults.Add("Errors", b.errorMedia, "is not a media type", "correct the method ContentType of the Encoder")
		}
		switch sample := sampleOf(e); {
		case sample["code"] == "a" && sample["message"] == "b" && sample["correlation_id"] == "c":
		case sample["code"] == "a" && sample["correlation_id"] == "c" && sample["title"] != nil && sample["status"] == 499.0:
			delete(members, "message")
			members["title"], members["status"] = text, object{"type": "integer"}
			members["type"] = object{"type": "string", "format": "uri-reference"}
			members["detail"] = object{"type": "string", "description": "A sentence for developers. It may change."}
			required = []string{"code", "correlation_id", "status", "title"}
		default:
			b.schemas.all[errorSchema] = object{"description": "The body of an error."}
			return
		}
	}
	b.schemas.all[errorSchema] = object{
		"type": "object", "description": "The body of an error.", "properties": members, "required": required,
	}
	b.schemas.all[faultSchema] = object{
		"type":        "object",
		"description": "One fault. It has a pointer for JSON; otherwise in, and name if there is one.",
		"required":    []string{"code", "message"},
		"properties": object{
			"pointer": object{"type": "string", "description": "A JSON Pointer into the body (RFC 6901)."},
			"in":      object{"type": "string", "description": "The part of the request: query, path, header or form."},
			"name":    object{"type": "string", "description": "The parameter, field or header."},
			"code":    object{"type": "string", "description": "A stable name of the rule."},
			"message": text,
			"params":  object{"type": "object", "description": "Constants of the rule, such as max.", "additionalProperties": true},
		},
	}
}

// sampleOf returns the members of a body of the Encoder, or nil if it is no JSON object.
func sampleOf(e httperr.Encoder) (members map[string]any) {
	defer func() { _ = recover() }() // an Encoder that panics has no schema
	_ = json.Unmarshal(e.Append(nil, httperr.Refusal{Status: 499, Code: "a", Message: "b", CorrelationID: "c"}), &members)
	return members
}

// refusal returns a reference to the response of a status, 0 for a class of them.
func (b *builder) refusal(key string, status int) object {
	name, text := strings.ReplaceAll(http.StatusText(status), " ", ""), http.StatusText(status)
	switch {
	case key == "4XX":
		name, text = "ClientError", "The request is refused."
	case key == "5XX":
		name, text = "ServerError", "The service cannot answer."
	case text == "":
		name, text = "Status"+key, "Status "+key
	}
	response := object{
		"description": text,
		"content":     object{b.errorMedia: object{"schema": reference("schemas", errorSchema)}},
	}
	switch status {
	case http.StatusUnauthorized:
		response["headers"] = object{"WWW-Authenticate": object{"schema": object{"type": "string"}}}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		response["headers"] = object{"Retry-After": object{"description": "Seconds.", "schema": object{"type": "integer"}}}
	}
	b.responses[name] = response
	return reference("responses", name)
}
