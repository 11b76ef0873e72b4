"""The registry of fields."""

from __future__ import annotations

from attrs import frozen

from lemlist_async.models.base import Model


@frozen(kw_only=True)
class Field(Model):
    """A field of the team's CRM registry. `name` is the key to use when writing; `label` is what lemlist shows."""

    name: str
    label: str = ""
    type: str = "text"
    source: str = "default"
    crm_field: str | None = None
