"""Jobs on any engine: a job as data, keys by reference, and one coroutine that runs it.

`run_job` is a plain coroutine that any engine can call: Airflow, Dagster, Prefect, Temporal, cron. `engine` is the one
that ships with the package (extra `worker`): procrastinate on PostgreSQL. The journal's lease prevents two runs of
one job at once, whichever engine starts them.
"""

from lemlist_async.worker.keys import CalledKeys, EnvironmentKeys, FileKeys, Keyring
from lemlist_async.worker.running import run_job
from lemlist_async.worker.sources import open_source
from lemlist_async.worker.spec import JobSpec

__all__ = ["CalledKeys", "EnvironmentKeys", "FileKeys", "JobSpec", "Keyring", "open_source", "run_job"]
