"""Other people's clients of lemlist work against the sandbox; `make peers` installs them."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lemlist_async.sandbox import sandbox_thread

HERE = Path(__file__).parent
JANE = "jane@acme.com"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (HERE / "node_modules").exists(), reason="no node, or not installed: make peers"
)

# What fails against lemlist, too, by the client's own fault.
OWN_FAULTS = {
    "lemlist_sdk.cjs": {
        "getCampaign": "expects a number for sequenceId, which lemlist's document calls a string",
        "getLead": "expects an array where lemlist answers one lead",
    },
    "activepieces.cjs": {},
    "pipedream.mjs": {},
}


def arranged(sandbox):
    state = sandbox.state
    campaign = state.campaigns.add("Q4")
    lead = state.campaigns.add_lead(campaign, email=JANE, firstName="Jane", lastName="Doe")
    state.unsubscribes.put(JANE)
    state.add_activity("emailsSent", lead)
    state.statistics.slow = 0
    _, export = state.statistics.start_export(campaign)
    return {
        "campaignId": campaign,
        "leadId": lead,
        "email": JANE,
        "userId": state.team.owner.id,
        "hookId": state.hooks.add("https://a.example", type="emailsSent"),
        "exportId": export["_id"],
    }


def results(script, sandbox):
    there = {"THERE": json.dumps(arranged(sandbox))}
    key = {"LEMLIST_API_KEY": sandbox.api_key, "LEMLIST_BASE_URL": sandbox.url}
    done = subprocess.run(
        ["node", script], cwd=HERE, env={**os.environ, **there, **key}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("script", OWN_FAULTS)
def test_every_call_of_a_client_works_unless_the_client_is_wrong(script):
    with sandbox_thread(quota=None) as sandbox:
        calls = results(script, sandbox)

    failed = {one["name"]: one["error"] for one in calls if one["error"] is not None}
    assert failed.keys() == OWN_FAULTS[script].keys(), failed
    assert len(calls) >= 19
    assert sandbox.count() >= len(calls)
