"""Airflow: one task a night; Airflow starts and retries, the journal keeps it right. Needs `apache-airflow>=3`."""

import asyncio
from datetime import datetime, timedelta

from airflow.sdk import dag, task

from lemlist_async.worker import JobSpec, run_job


@dag(schedule="0 2 * * *", start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1)  # noqa: DTZ001 - as UTC
def lemlist_customers() -> None:
    """Keep the list of customers in step with a file."""

    @task(retries=5, retry_delay=timedelta(minutes=5))
    def import_customers() -> int:
        spec = JobSpec(kind="import", key="default", source="contacts.csv", list="Customers")
        report = asyncio.run(run_job(spec, journal="journals"))
        return report.requests

    import_customers()


lemlist_customers()
