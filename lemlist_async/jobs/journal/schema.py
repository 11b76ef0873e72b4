"""The tables of journals in PostgreSQL, and of the leases that keep two processes apart."""

from __future__ import annotations

from typing import Final

PART: Final = "journals"
VERSION: Final = 1
_PARTITIONS = 16

SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS lemlist_schema (part text PRIMARY KEY, version int NOT NULL);
CREATE TABLE IF NOT EXISTS lemlist_journals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    facts jsonb NOT NULL DEFAULT '{{}}',
    owner text NOT NULL,
    epoch bigint NOT NULL,
    expires timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS lemlist_rows (
    journal bigint NOT NULL,
    slot bytea NOT NULL,
    fingerprint bytea NOT NULL,
    contact_id text,
    result text NOT NULL,
    reason text NOT NULL,
    warnings text NOT NULL,
    run int NOT NULL,
    turn bigint NOT NULL,
    earlier_result text NOT NULL,
    listed smallint NOT NULL,
    PRIMARY KEY (journal, slot)
) PARTITION BY HASH (journal);
CREATE TABLE IF NOT EXISTS lemlist_people (
    journal bigint NOT NULL,
    identity bytea NOT NULL,
    turn bigint NOT NULL,
    PRIMARY KEY (journal, identity)
) PARTITION BY HASH (journal);
CREATE TABLE IF NOT EXISTS lemlist_additions (
    journal bigint NOT NULL, run int NOT NULL, sent int NOT NULL, added int NOT NULL,
    added_max int NOT NULL, already int NOT NULL, unaccounted int NOT NULL
);
CREATE INDEX IF NOT EXISTS lemlist_additions_of_run ON lemlist_additions (journal, run);
DO $$ BEGIN
    FOR part IN 0..{_PARTITIONS - 1} LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS lemlist_rows_%s PARTITION OF lemlist_rows
                        FOR VALUES WITH (MODULUS {_PARTITIONS}, REMAINDER %s)', part, part);
        EXECUTE format('CREATE TABLE IF NOT EXISTS lemlist_people_%s PARTITION OF lemlist_people
                        FOR VALUES WITH (MODULUS {_PARTITIONS}, REMAINDER %s)', part, part);
    END LOOP;
END $$;
INSERT INTO lemlist_schema VALUES ('{PART}', {VERSION}) ON CONFLICT (part) DO UPDATE SET version = excluded.version;
"""  # noqa: S608 - constants
