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
	"passwords", "tokens[0]", "password2", "cvv2", "cvv2s", "CVV2_", "1cvv2-", "pa\u017f\u017fword", "to\u212aen", "2pin", "PIN",
}

func TestSensitiveKey(t *testing.T) {
	d := New([]string{"license_key", "Größe", "q"}, []string{"prompt_tokens"})
	for _, key := range append(sensitiveKeys, "licenseKey", "GRÖßE", "größes", "q", "x_q", "car.q") {
		if !d.SensitiveKey(key) {
			t.Errorf("%q is not sensitive", key)
		}
	}
	for _, key := range []string{"", "_", "[0]", "7", "a", "s", "spin", "shopping", "bypass", "compass", "discard", "status", "token_count", "prompt_tokens", "PromptTokens", "sessions_total", "key", "iq", "passport"} {
		if d.SensitiveKey(key) {
			t.Errorf("%q is sensitive", key)
		}
	}
}
