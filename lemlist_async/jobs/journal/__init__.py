"""The journal: what a job has done, kept so that `kill -9` at any point is safe, in any store."""

from lemlist_async.jobs.journal.entries import Addition, Entry, JobIdentity, Listed
from lemlist_async.jobs.journal.journal import Journal

__all__ = ["Addition", "Entry", "JobIdentity", "Journal", "Listed"]
