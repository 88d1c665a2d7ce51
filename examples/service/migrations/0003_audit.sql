CREATE TABLE audit (
	time           INTEGER NOT NULL, -- milliseconds since 1970
	correlation_id TEXT NOT NULL,
	method         TEXT NOT NULL,
	route          TEXT NOT NULL,
	status         INTEGER NOT NULL,
	client         TEXT NOT NULL,
	issuer         TEXT NOT NULL,
	subject        TEXT NOT NULL,
	rule           TEXT NOT NULL,
	code           TEXT NOT NULL,
	events         TEXT NOT NULL
) STRICT;

CREATE INDEX audit_by_time ON audit (time);
