"""Jobs: several runs with one purpose, a journal and a plan; written on the public client only."""

from lemlist_async.jobs.importing import ImportJob, ImportReport, import_contacts
from lemlist_async.jobs.journal import Journal
from lemlist_async.jobs.plan import SyncPlan
from lemlist_async.jobs.rows import Columns, ContactFile, RejectedFile, Row, rejected_path
from lemlist_async.jobs.syncing import SyncJob, SyncReport, sync_list

__all__ = [
    "Columns",
    "ContactFile",
    "ImportJob",
    "ImportReport",
    "Journal",
    "RejectedFile",
    "Row",
    "SyncJob",
    "SyncPlan",
    "SyncReport",
    "import_contacts",
    "rejected_path",
    "sync_list",
]
