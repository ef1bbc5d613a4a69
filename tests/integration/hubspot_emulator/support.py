"""A portal served over HTTP, the official client pointed at it, and a clock the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import orjson
from hubspot import HubSpot
from urllib3 import Retry

from ubm_hubspot.emulator import TOKEN, HubSpotEmulator
from ubm_sync.clock import VirtualClock
from ubm_sync.emulation.messages import Request

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PIPELINE = {
    "label": "New locations",
    "displayOrder": 1,
    "stages": [
        {"label": "Waiting for CSM", "displayOrder": 0, "metadata": {"ticketState": "OPEN"}},
        {"label": "Approved", "displayOrder": 1, "metadata": {"ticketState": "OPEN"}},
        {"label": "Active", "displayOrder": 2, "metadata": {"ticketState": "CLOSED"}},
    ],
}
SYNC_ID = {
    "name": "ubm_sync_id",
    "label": "UBM Sync ID",
    "type": "string",
    "fieldType": "text",
    "groupName": "ticketinformation",
    "hasUniqueValue": True,
}
APPROVAL = {
    "name": "ubm_approval",
    "label": "Approval",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "ticketinformation",
    "options": [
        {"label": "Approve", "value": "approve", "displayOrder": 0, "hidden": False},
        {"label": "Decline", "value": "decline", "displayOrder": 1, "hidden": False},
    ],
}


class Factory:
    """Builds each API object of the client once, as an adapter would."""

    def __init__(self) -> None:
        self.built: dict[tuple[str, str], Any] = {}

    def __call__(self, package: ModuleType, api_name: str, config: dict[str, Any]) -> Any:
        key = package.__name__, api_name
        if key not in self.built:
            configuration = package.Configuration()
            for name, value in config.items():
                setattr(configuration, {"retry": "retries"}.get(name, name), value)
            client = package.ApiClient(configuration=configuration)
            self.built[key] = getattr(package, api_name)(api_client=client)
        return self.built[key]

    def close(self) -> None:
        """Close every connection."""
        for api in self.built.values():
            api.api_client.rest_client.pool_manager.clear()


@dataclass
class Bench:
    """One emulator with everything a test needs around it."""

    emulator: HubSpotEmulator
    clock: VirtualClock
    url: str
    client: Any
    pipeline: Any = None
    stages: dict[str, str] = field(default_factory=dict)

    def furnish(self) -> None:
        """Create what a set-up of the service creates: two properties and a pipeline."""
        create = self.client.crm.properties.core_api.create
        create("tickets", SYNC_ID)
        create("tickets", APPROVAL)
        self.pipeline = self.client.crm.pipelines.pipelines_api.create("tickets", PIPELINE)
        self.stages = {stage.label: stage.id for stage in self.pipeline.stages}

    def upsert(self, *keys: str, **properties: str) -> dict[str, str]:
        """Upsert one ticket per key and return their ids by key."""
        given = {
            "subject": "A location",
            "hs_pipeline": self.pipeline.id,
            "hs_pipeline_stage": self.stages["Waiting for CSM"],
            **properties,
        }
        inputs = [
            {
                "id": key,
                "idProperty": "ubm_sync_id",
                "objectWriteTraceId": key,
                "properties": given,
            }
            for key in keys
        ]
        answer = self.client.crm.tickets.batch_api.upsert({"inputs": inputs})
        return {one.properties["ubm_sync_id"]: one.id for one in answer.results}

    def act(self, do: str, **order: Any) -> Any:
        """Act as a person."""
        return self.emulator.act({"do": do, **order})

    def search(self, **body: Any) -> Any:
        """Search tickets through the client."""
        return self.client.crm.tickets.search_api.do_search(body)

    def call(
        self, method: str, path: str, body: object = None, query: str = ""
    ) -> tuple[int, Any, dict[str, str]]:
        """Send one request without sockets; returns status, decoded body and headers."""
        request = Request(
            method,
            path,
            query,
            {"authorization": f"Bearer {TOKEN}"},
            b"" if body is None else orjson.dumps(body),
        )
        answer = self.emulator.handle(request)
        shown = orjson.loads(answer.body) if answer.body else None
        return answer.status, shown, dict(answer.headers)

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self.clock.advance(timedelta(seconds=seconds))


def client_of(url: str, factory: Factory) -> Any:
    """Return the official client, unmodified, without retries."""
    return HubSpot(
        access_token=TOKEN, host=url, base_url=url, retry=Retry(False), api_factory=factory
    )


def modified_since(at: int, *more: dict[str, Any]) -> dict[str, Any]:
    """Return the search body of what changed since ``at`` (milliseconds), oldest first."""
    bound = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": str(at)}
    return {
        "filterGroups": [{"filters": [bound, *more]}],
        "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}],
    }
