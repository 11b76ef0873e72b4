"""The worker's own tables beside the engine's: schedules, and how far each job has come."""

from __future__ import annotations

from typing import Final

VERSION: Final = 1

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS lemlist_worker (version int NOT NULL);
INSERT INTO lemlist_worker SELECT 1 WHERE NOT EXISTS (SELECT FROM lemlist_worker);
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
"""
