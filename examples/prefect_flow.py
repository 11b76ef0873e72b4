"""Prefect: an async flow that is retried around `run_job`. Needs `prefect>=3`."""

import asyncio

from prefect import flow

from lemlist_async.worker import JobSpec, run_job


@flow(retries=5, retry_delay_seconds=300)
async def lemlist_customers() -> int:
    """Import the file; run again, it continues where it stopped."""
    spec = JobSpec(kind="import", key="default", source="contacts.csv", list="Customers")
    return (await run_job(spec, journal="journals")).requests


if __name__ == "__main__":
    asyncio.run(lemlist_customers())
