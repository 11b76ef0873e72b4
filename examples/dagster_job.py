"""Dagster: an op that is retried, a job and a schedule around `run_job`. Needs `dagster`."""

import asyncio

from dagster import Definitions, RetryPolicy, ScheduleDefinition, job, op

from lemlist_async.worker import JobSpec, run_job


@op(retry_policy=RetryPolicy(max_retries=5, delay=300))
def import_customers() -> int:
    """Import the file; run again, it continues where it stopped."""
    spec = JobSpec(kind="import", key="default", source="contacts.csv", list="Customers")
    return asyncio.run(run_job(spec, journal="journals")).requests


@job
def lemlist_customers() -> None:
    """Keep the list of customers in step with a file."""
    import_customers()


defs = Definitions(schedules=[ScheduleDefinition(job=lemlist_customers, cron_schedule="0 2 * * *")])
