"""The steps of campaigns: sequences, their branches, and A/B tests."""

from __future__ import annotations

from attrs import define, field

from lemlist_async.sandbox.campaign import Campaign
from lemlist_async.sandbox.routing import Answer, Json, existing, route
from lemlist_async.sandbox.team import Team
from lemlist_async.sandbox.values import known_values

_NO_SEQUENCE: Answer = (404, "Sequence not found")
_NO_TEST: Answer = (404, "This step has no A/B test")
_RUNNING: Answer = (400, "The campaign is running")
_TESTED = ("subject", "message", "altMessage", "cc", "plainText")


@define(eq=False)
class Sequence:
    """A sequence of steps, as lemlist shows them; a branch knows the step at which it begins."""

    id: str
    campaign: Campaign
    level: int = 0
    branch_of: Json = field(factory=dict)
    steps: list[Json] = field(factory=list)
    variants: dict[str, Json] = field(factory=dict)

    def show(self) -> Json:
        """Describe the sequence and its steps, numbered in their order."""
        steps = [
            one | {"index": number + 1, "sequenceStep": number, "sequenceId": self.id}
            for number, one in enumerate(self.steps)
        ]
        return {"_id": self.id, "level": self.level, **self.branch_of, "steps": steps}

    def step(self, step_id: str) -> Json | None:
        """Find a step."""
        return next((one for one in self.steps if one["_id"] == step_id), None)


@define(eq=False, repr=False)
class Sequences:
    """Every sequence."""

    team: Team
    by_id: dict[str, Sequence] = field(factory=dict)

    def begin(self, campaign: Campaign, level: int = 0, **branch_of: object) -> str:
        """Begin an empty sequence and return its ID."""
        made = Sequence(self.team.new_id("seq"), campaign, level, branch_of)
        self.by_id[made.id] = made
        return made.id

    def copy(self, from_id: str, to_id: str) -> None:
        """Copy the steps of one sequence to another, with new IDs."""
        steps = self.by_id[from_id].steps
        self.by_id[to_id].steps = [one | {"_id": self.team.new_id("stp")} for one in steps]

    def of(self, campaign: Campaign) -> list[Sequence]:
        """Return the sequences of a campaign, the one that it begins with first."""
        return [one for one in self.by_id.values() if one.campaign is campaign]

    @route("POST", "/sequences/{sequenceId}/steps")
    def add_step(self, sequence_id: str, body: Json) -> Answer:
        """Answer with a new step; one with a condition begins two branches."""
        sequence = existing(self.by_id.get(sequence_id), (400, "Sequence not found"))
        step = {"_id": self.team.new_id("stp"), "type": "email", "delay": 0, "message": "", "subject": ""}
        step |= {"emailTemplateId": self.team.new_id("etp")} | {n: v for n, v in body.items() if n != "index"}
        place = body.get("index")
        sequence.steps.insert(len(sequence.steps) if place is None else place, step)
        if step["type"] == "conditional":
            for branch in (0, 1):
                self.begin(sequence.campaign, sequence.level + 1, parentId=sequence.id, conditionalStepIndex=branch)
        return 200, step

    @route("PATCH", "/sequences/{sequenceId}/steps/{stepId}")
    def update_step(self, sequence_id: str, step_id: str, body: Json) -> Answer:
        step = existing(self._step(sequence_id, step_id), (400, "Step not found"))
        step |= body
        return 200, step

    @route("DELETE", "/sequences/{sequenceId}/steps/{stepId}")
    def delete_step(self, sequence_id: str, step_id: str) -> Answer:
        step = existing(self._step(sequence_id, step_id), _NO_SEQUENCE)
        self.by_id[sequence_id].steps.remove(step)
        return 200, {"ok": True}

    @route("POST", "/sequences/{sequenceId}/steps/{stepId}/ab-test")
    def begin_test(self, sequence_id: str, step_id: str) -> Answer:
        """Begin an A/B test, with B as a copy of A."""
        step = existing(self._step(sequence_id, step_id), _NO_TEST)
        variants = self.by_id[sequence_id].variants
        if step_id in variants:
            return 400, "This step has an A/B test"
        same = {"subject": "", "message": "", "altMessage": "", "cc": [], "plainText": False} | known_values(
            step, _TESTED
        )
        variants[step_id] = {"stepId": step_id, "abTest": True, "emailTemplateBId": self.team.new_id("etp")} | same
        return 200, variants[step_id]

    @route("GET", "/sequences/{sequenceId}/steps/{stepId}/ab-test")
    def test(self, sequence_id: str, step_id: str) -> Answer:
        found = self._variant(sequence_id, step_id)
        return (200, found) if found else _NO_TEST

    @route("PATCH", "/sequences/{sequenceId}/steps/{stepId}/ab-test")
    def update_test(self, sequence_id: str, step_id: str, body: Json) -> Answer:
        found = existing(self._variant(sequence_id, step_id), _NO_TEST)
        found |= known_values(body, _TESTED)
        return 200, found

    @route("DELETE", "/sequences/{sequenceId}/steps/{stepId}/ab-test")
    def end_test(self, sequence_id: str, step_id: str, *, variant: str = "B") -> Answer:
        """Delete a variant; without A, B remains."""
        existing(self._variant(sequence_id, step_id), _NO_TEST)
        sequence = self.by_id[sequence_id]
        if sequence.campaign.status == "running":
            return _RUNNING
        self._keep(sequence, step_id, "B" if variant == "A" else "A")
        return 200, {"ok": True}

    @route("POST", "/sequences/{sequenceId}/steps/{stepId}/ab-test/winner")
    def select_winner(self, sequence_id: str, step_id: str, body: Json) -> Answer:
        """Choose the winning variant, once."""
        found = existing(self._variant(sequence_id, step_id), _NO_TEST)
        if found["abTest"] is not True:
            return 400, "This step has a winner"
        found["abTest"] = body["variant"]
        return 200, {"stepId": step_id, "abTest": body["variant"]}

    def _step(self, sequence_id: str, step_id: str) -> Json | None:
        sequence = self.by_id.get(sequence_id)
        return sequence.step(step_id) if sequence else None

    def _variant(self, sequence_id: str, step_id: str) -> Json | None:
        sequence = self.by_id.get(sequence_id)
        return sequence.variants.get(step_id) if sequence else None

    def _keep(self, sequence: Sequence, step_id: str, variant: str) -> None:
        gone, step = sequence.variants.pop(step_id), sequence.step(step_id)
        if variant == "B" and step is not None:
            step |= known_values(gone, _TESTED)
