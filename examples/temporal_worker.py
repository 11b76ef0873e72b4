"""Temporal: an activity whose heartbeats carry the job's progress, and its workflow. Needs `temporalio`."""

from datetime import timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from lemlist_async.worker import JobSpec, run_job


@activity.defn
async def import_customers(source: str) -> int:
    """Import the file; run again, on any machine that reads the same journal, it continues where it stopped."""
    spec = JobSpec(kind="import", key="default", source=source, list="Customers")
    report = await run_job(spec, journal="journals", on_progress=lambda now: activity.heartbeat(now.requests))
    return report.requests


@workflow.defn
class Customers:
    """Keep the list of customers in step with a file."""

    @workflow.run
    async def run(self, source: str) -> int:
        """Run the import until it is done."""
        waits = {"start_to_close_timeout": timedelta(hours=8), "heartbeat_timeout": timedelta(minutes=1)}
        requests: int = await workflow.execute_activity(import_customers, source, **waits)
        return requests
