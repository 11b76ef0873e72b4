"""Cancel a run in the middle, read what became of each contact, and send what is left.

In one terminal:   python -m lemlist_async.sandbox --latency 0.3-0.6
In another one:    export LEMLIST_API_KEY=sandbox-key LEMLIST_BASE_URL=http://127.0.0.1:8787/api
                   python examples/cancel_and_resume.py
"""

import asyncio
import contextlib

from lemlist_async import ContactInput, Lemlist

PEOPLE = [ContactInput(email=f"guest{number}@tidewater.example", first_name="Guest") for number in range(60)]


async def main() -> None:
    """Cancel after a little more than one window of the rate limit; about a third is done by then."""
    async with Lemlist() as lemlist:
        run = lemlist.contacts.upsert_many(PEOPLE)
        task = asyncio.create_task(run)
        await asyncio.sleep(2.3)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

        report = run.report  # still there after the cancellation
        print(f"{report.done} done, {report.failed} failed")
        print(f"{len(report.ambiguous)} ambiguous: they were in flight when the run was cancelled")
        print(f"{len(report.unsent)} taken from the input and not sent")
        print(f"{len(PEOPLE) - report.submitted} never taken from the input")

        # An upsert may be repeated, so the ambiguous ones go again; `created_count` then counts only the new ones.
        left = [*report.ambiguous, *report.unsent, *PEOPLE[report.submitted :]]
        rest = await lemlist.contacts.upsert_many(left)
        print(f"resumed with {len(left)}: {rest.created_count} created, {rest.updated_count} were there after all")
        print(f"{report.done + rest.done} of {len(PEOPLE)} done")


if __name__ == "__main__":
    asyncio.run(main())
