// Package oracle compares the results of package validate for a body with independent
// programs: encoding/json/jsontext for the grammar, encoding/json and its successor for the
// meaning of a body, and implementations of JSON Schema and of OpenAPI for the schemas that
// package validate exports. It is a module of its own, so that none of these programs is ever
// a dependency of the library. It needs GOEXPERIMENT=jsonv2 until Go 1.27.
//
// Each harness also runs on a subject with a mistake, and has to detect the mistake. The list
// names the mistakes behind the arrow:
//
//   - FuzzFree: a free value is accepted if jsontext accepts it, except for the listed
//     deviations, each with its reason → encoding/json, which accepts duplicate members and
//     broken UTF-8; a scan that refuses all fractions, or gives the wrong reason;
//   - FuzzDecode: both generations of encoding/json decode an accepted body to the same value,
//     and encoding that value loses nothing → a decoder that folds case; a decoder that drops
//     a member;
//   - FuzzFaults: a fault points to a value in the body, or to the place of a missing one → a
//     fault whose indexes are one too high;
//   - FuzzSchema: an accepted body is valid by the exported JSON Schema, and a structurally
//     wrong body is wrong by both → a schema without a bound, without required, or with a
//     bound that is too low;
//   - TestOpenAPI: a document with the components and parameters of some Schemas is valid
//     OpenAPI 3.1, and validates requests as FuzzSchema says → references to $defs, names with
//     a path in them, a missing component, another component of the same name.
//
// Package contract in it compares a running service with the document of package
// validate/openapi.
package oracle
