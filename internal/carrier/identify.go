package carrier

// IdentifyingKeys are the keys of the audit record whose values say which request,
// client or principal the record is about. A log needs these values as they are,
// also if a subject is an e-mail address or a long number.
var IdentifyingKeys = [...]string{
	"principal", "issuer", "token_id", "credential", "client", "tenant", "correlation_id", "trace_id",
}

// IsCredentialHash reports whether s has the form of a hash that NoteCredential
// makes.
func IsCredentialHash(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == 16
}
