"""What the routing of disconnections must find in the mapping of the help desk."""

from __future__ import annotations

from ubm_sync.desk import DESK, KIND
from ubm_sync.disconnection.values import Category
from ubm_sync.flow import Needs

NEEDS = Needs(
    kind=KIND,
    fields={DESK: ("subject", "content", "stage", "owner", "priority", "ticket_type")},
    values={
        "ticket_type": tuple(one.value for one in Category if one is not Category.OTHER),
        "priority": ("low", "medium", "high", "urgent"),
    },
)
