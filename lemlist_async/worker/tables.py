"""The worker's own tables beside the engine's: schedules, and how far each job has come."""

from __future__ import annotations

from typing import Final

PART: Final = "worker"
VERSION: Final = 1

SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS lemlist_schedules (
    name text PRIMARY KEY,
    cron text NOT NULL,
    spec jsonb NOT NULL,
    spread double precision NOT NULL DEFAULT 0,
    next_due timestamptz NOT NULL,
    last_due timestamptz
);
CREATE TABLE IF NOT EXISTS lemlist_progress (
    job bigint PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    report jsonb NOT NULL
);
INSERT INTO lemlist_schema VALUES ('{PART}', {VERSION}) ON CONFLICT (part) DO UPDATE SET version = excluded.version;
"""  # noqa: S608 - constants
