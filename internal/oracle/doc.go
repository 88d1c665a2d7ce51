// Package oracle holds what package validate says of a body against programs
// that know JSON and do not know us: encoding/json/jsontext for the grammar,
// encoding/json and its successor for what a body means, and an implementation
// of JSON Schema and one of OpenAPI for the schemas that we export. It is a module of its own, so
// that none of them is ever a dependency of the library, and needs
// GOEXPERIMENT=jsonv2 until Go 1.27.
//
// Each harness is also run on something that is wrong, and has to find it; what
// that is stands behind the arrow:
//
//   - FuzzFree: a free value is accepted if jsontext accepts it, but for the
//     differences that are listed with their reasons → encoding/json, which takes
//     duplicate members and broken UTF-8; a scan that refuses all fractions, or
//     gives the wrong reason;
//   - FuzzDecode: what is accepted, both generations of encoding/json decode to
//     the same value, and none of it is lost when that is encoded → a decoder
//     that folds case; one that drops a member;
//   - FuzzFaults: a fault points to something in the body, or to what is missing
//     from it → one whose indexes are one too high;
//   - FuzzSchema: what is accepted is valid by the exported JSON Schema, and what
//     is structurally wrong is wrong by both → a schema without a bound, without
//     required, or with a bound that is too low;
//   - TestOpenAPI: a document of OpenAPI 3.1 with the components and parameters
//     of some Schemas is one, and judges requests as FuzzSchema says → references
//     to $defs, names with a path in them, a component that is missing, another
//     one of its name.
package oracle
