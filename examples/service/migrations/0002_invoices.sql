CREATE TABLE invoices (
	id       TEXT PRIMARY KEY,
	tenant   TEXT NOT NULL CHECK (tenant <> ''),
	issuer   TEXT NOT NULL CHECK (issuer <> ''),
	subject  TEXT NOT NULL CHECK (subject <> ''),
	customer TEXT NOT NULL,
	cents    INTEGER NOT NULL CHECK (cents > 0),
	memo     TEXT NOT NULL,
	paid     INTEGER NOT NULL DEFAULT 0 CHECK (paid IN (0, 1)),
	created  INTEGER NOT NULL  -- milliseconds since 1970
) STRICT;

CREATE INDEX invoices_of_owner ON invoices (tenant, issuer, subject, created, id);
