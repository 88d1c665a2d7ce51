package detect

// textNames are names of sensitive values, in normal form. Each also covers longer
// names that end in it: "password" covers db_password.
var textNames = [...]string{
	// passwords, tokens and cookies
	"authorization", "basicauth", "cookie", "password", "passwd", "pwd", "pw", "passphrase", "pass",
	"passwordhash", "passworddigest", "passwordconfirmation", "secret", "secretstring", "credential", "cred",
	"bearer", "jwt", "token", "sessionid", "sessid", "sid", "session", "csrf", "xsrf", "signature", "sig",
	// keys
	"apikey", "accesskey", "accesskeyid", "accountkey", "storagekey", "sharedkey", "psk",
	"secretkey", "secretkeybase", "privatekey", "privatekeypem", "signingkey", "encryptionkey", "decryptionkey",
	"masterkey", "hmackey", "aeskey", "tlskey", "sslkey", "sessionkey", "sessionticketkey",
	"authkey", "subscriptionkey", "openaikey", "stripekey",
	// data sources
	"dsn", "connectionstring", "connstring", "connstr", "sasurl",
	// parts of a login
	"codeverifier", "clientassertion", "samlassertion", "samlresponse", "authcode", "authorizationcode", "devicecode",
	"securityanswer", "securityquestionanswer", "magiclink", "resetlink", "mnemonic", "seedphrase", "recoveryphrase",
	// people
	"email", "emailaddress",
}

// digitNames are names like textNames, of values that consist of digits, at least
// in part.
var digitNames = [...]string{
	// codes
	"otp", "totp", "pin", "passcode", "mfacode", "otpcode", "smscode", "twofactorcode", "onetimecode", "verificationcode",
	"logincode", "resetcode", "recoverycode", "backupcode", "securitycode", "accesscode",
	// people and their money
	"ssn", "socialsecuritynumber", "nationalid", "taxid", "passportnumber", "drivinglicensenumber", "driverslicensenumber",
	"card", "cardnumber", "cardno", "creditcard", "pan", "cvv", "cvv2", "cvc", "track1", "track2",
	"iban", "accountnumber", "bankaccount", "routingnumber", "phone", "phonenumber", "msisdn", "dateofbirth", "birthdate", "dob",
}

// endings are the endings that each name may have. The second one is the plural: a
// number under it is a count.
var endings = [...]string{"", "s"}

// harmless are names that end like a sensitive name and mean something else.
var harmless = [...]string{
	"smartphone", "headphone", "earphone", "microphone", "obsession", "possession",
	"dashboardcard", "wildcard", "scorecard", "flashcard", "reportcard", "postcard",
	"graphicscard", "networkcard", "soundcard", "memorycard",
	"methodsignature", "functionsignature", "highpass", "lowpass", "boardingpass", "firstpass", "secondpass",
}
