CREATE TABLE users (
	subject  TEXT PRIMARY KEY, -- never changes and is never reused: it owns the invoices
	email    TEXT NOT NULL UNIQUE,
	tenant   TEXT NOT NULL,
	role     TEXT NOT NULL CHECK (role IN ('viewer', 'clerk', 'accountant')),
	password TEXT NOT NULL     -- argon2id, with its parameters and its salt
) STRICT;
