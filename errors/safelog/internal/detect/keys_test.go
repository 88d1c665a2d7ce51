package detect

import "testing"

// sensitiveKeys has an example of each name and of each way to write a name.
var sensitiveKeys = []string{
	"http_authorization", "Set-Cookie", "X-Api-Key", "accessKey", "AWS_ACCESS_KEY_ID", "secretKey", "private-key", "jwtSigningKey", "encryption_key",
	"dbpassword", "password_hash", "passwd", "pwd", "passphrase", "passcode", "clientSecret", "Credential", "bearer", "jwt", "csrftoken",
	"session_id", "otp", "totp", "userPIN", "mfa_code", "recovery code", "backup.code", "securityCode", "otp_code", "db_pass", "password_confirmation",
	"X-Auth-Key", "Ocp-Apim-Subscription-Key", "SecretString", "private_key_pem", "sid", "PHPSESSID", "session", "X-Amz-Signature", "sig",
	"ssn", "social_security_number", "taxId", "passportNumber", "card", "cardNumber", "card_no", "mycreditcard", "pan", "cvv", "cvc", "IBAN", "accountNumber",
	"user_email", "email_address", "phone", "phone_number", "msisdn", "date_of_birth",
	"basic_auth", "user_pw", "passwordDigest", "db_cred", "creds", "csrf", "X-XSRF", "azure_account_key", "storage_key", "pre_shared_key", "wifi_psk", "SECRET_KEY_BASE",
	"decryption_key", "masterKey", "hmac_key", "aes_key", "TLS_KEY", "ssl_key", "session_key", "SessionTicketKey", "openai_key", "STRIPE_KEY", "dsn", "SentryDSN",
	"connectionString", "conn_string", "connstr", "sas_url", "code_verifier", "client_assertion", "samlAssertion", "SAMLResponse", "auth_code", "authorization_code",
	"device_code", "security_answer", "security_question_answer", "magic_link", "resetLink", "mnemonic", "seed_phrase", "recoveryPhrase",
	"sms_code", "two_factor_code", "one-time-code", "verificationCode", "login_code", "reset_code", "access_code", "nationalId", "driving_license_number", "drivers_license_number",
	"creditCard", "track1", "track2", "bank_account", "routing_number", "birth_date", "DOB",
	"passwords", "tokens[0]", "password2", "cvv2", "cvv2s", "CVV2_", "1cvv2-", "pa\u017f\u017fword", "to\u212aen", "2pin", "PIN",
}

// harmlessKeys look like sensitive keys and are none. The first two lines have an
// example of each row of harmless.
var harmlessKeys = []string{
	"smartphone", "user_smartphones", "headphones", "earphone", "microphone", "obsession", "in_possession", "dashboard_card", "wild_card", "score_card", "flash-cards", "report_card",
	"post_card", "graphics_card", "networkCard", "sound_card", "memory_card", "method_signature", "functionSignature", "high_pass", "low_pass", "boarding_pass", "first_pass", "second_pass",
	"", "_", "[0]", "7", "a", "s", "spin", "shopping", "bypass", "compass", "discard", "discards", "status", "token_count", "token_type", "sessions_total", "key", "iq",
	"passport", "passenger", "passed", "password_policy", "password_length", "password_changed_at", "secretary", "secrets_version", "cookie_count", "cookies_enabled", "cookie_domain",
	"signature_algorithm", "key_id", "kid", "keyboard", "monkey", "primary_key", "partition_key", "routing_key", "cache_key", "public_key", "author", "authority", "authentication",
	"auth", "email_verified", "emails_sent", "phone_verified", "tokenizer", "pinned", "opinion", "panel", "company", "cardinality", "side", "inside", "design", "config", "code",
	"status_code", "country_code", "postal_code", "error_code", "exit_code", "currency", "nonce", "hash", "id", "user_id", "device", "device_id", "account", "account_id", "connection",
	"connections", "connection_id", "link", "phrase", "answer", "track", "birth", "credit", "credits", "csrf_failed", "principal", "issuer", "token_id", "client", "tenant",
	"correlation_id", "trace_id", "rule", "limit", "route", "method", "duration",
}

func TestSensitiveKey(t *testing.T) {
	d := New([]string{"license_key", "Größe", "q"}, []string{"prompt_tokens"})
	for _, key := range append(sensitiveKeys, "licenseKey", "GRÖßE", "größes", "q", "x_q", "car.q") {
		if !d.SensitiveKey(key) {
			t.Errorf("%q is not sensitive", key)
		}
	}
	for _, key := range append(harmlessKeys, "prompt_tokens", "PromptTokens") {
		if d.SensitiveKey(key) {
			t.Errorf("%q is sensitive", key)
		}
	}
}

// A number under a plural is a count, unless it can be the secret itself. Under a
// name of Config.Keys it is not.
func TestStaysNumber(t *testing.T) {
	d := New([]string{"salary", "vip_token"}, nil)
	for _, tc := range []struct {
		key  string
		n    float64
		want bool
	}{
		{"prompt_tokens", 812, true}, {"TotalTokens", 1e11, true}, {"active_sessions", 3, true}, {"cookies", 0, true}, {"passwords", -1, true}, {"signatures", 1.5, true},
		{"tokens[0]", 12, true}, {"tokens", 1e12, false}, {"tokens", -1e12, false}, {"token", 812, false}, {"session", 3, false},
		{"cards", 3, true}, {"pins", 99, true}, {"pins", 1234, false}, {"otps", 123456, false}, {"cvvs", 100, false}, {"phones", -100, false}, {"pin", 3, false},
		{"salaries", 3, false}, {"salarys", 3, false}, {"salary", 3, false}, {"vip_tokens", 3, false}, {"status", 3, false},
	} {
		if got := d.StaysNumber(tc.key, tc.n); got != tc.want {
			t.Errorf("%s=%v stays: %v, want %v", tc.key, tc.n, got, tc.want)
		}
	}
	if !d.OwnKey("user_salary") || !d.OwnKey("vip_token") || d.OwnKey("token") || d.OwnKey("status") {
		t.Error("OwnKey")
	}
}

// PWD is the working directory, unless it is a password.
func TestStaysText(t *testing.T) {
	d := New(nil, nil)
	for value, want := range map[string]bool{
		"/srv/app": true, "/home/ann": true, "/": true, `C:\Users\ann`: true, "c:/src": true, "/Users/ann": true,
		"": false, "hunter2": false, "/9jK3x": false, "srv/app": false, "//srv": false, "/srvx": false, "C:hunter2": false,
	} {
		if got := d.StaysText("PWD", value); got != want {
			t.Errorf("PWD=%s stays: %v, want %v", value, got, want)
		}
	}
	if New([]string{"pwd"}, nil).StaysText("PWD", "/srv/app") {
		t.Error("PWD=/srv/app stays, but is in Config.Keys")
	}
	for _, key := range []string{"db_pwd", "password", "path"} {
		if d.StaysText(key, "/srv/app") {
			t.Errorf("%s=/srv/app stays", key)
		}
	}
}

// A name is plain only as a whole.
func TestPlainKey(t *testing.T) {
	d := New(nil, []string{"to", "Größe"})
	for key, want := range map[string]bool{"to": true, "TO": true, "_to_": true, "GRÖßE": true, "goto": false, "to_x": false, "": false} {
		if got := d.PlainKey(key); got != want {
			t.Errorf("%q is plain: %v, want %v", key, got, want)
		}
	}
}
