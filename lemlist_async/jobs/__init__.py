"""Jobs: several runs with one purpose, a journal and a plan."""

from lemlist_async.jobs.checks import ListChoice
from lemlist_async.jobs.import_report import ImportReport
from lemlist_async.jobs.importing import ImportJob, import_contacts
from lemlist_async.jobs.journal import Journal
from lemlist_async.jobs.options import ImportOptions
from lemlist_async.jobs.plan import SyncPlan
from lemlist_async.jobs.rejections import RejectedRow
from lemlist_async.jobs.sales import import_companies, import_leads, import_unsubscribes
from lemlist_async.jobs.sync_report import EarlierRuns, SyncReport
from lemlist_async.jobs.syncing import SyncJob, sync_list
from lemlist_async.rows.columns import Columns
from lemlist_async.rows.file import CompanyFile, ContactFile
from lemlist_async.rows.rejected import RejectedFile, rejected_path
from lemlist_async.rows.row import CarriedRow, Row
from lemlist_async.rows.unsubscribes import UnsubscribeFile

__all__ = [
    "CarriedRow",
    "Columns",
    "CompanyFile",
    "ContactFile",
    "EarlierRuns",
    "ImportJob",
    "ImportOptions",
    "ImportReport",
    "Journal",
    "ListChoice",
    "RejectedFile",
    "RejectedRow",
    "Row",
    "SyncJob",
    "SyncPlan",
    "SyncReport",
    "UnsubscribeFile",
    "import_companies",
    "import_contacts",
    "import_leads",
    "import_unsubscribes",
    "rejected_path",
    "sync_list",
]
