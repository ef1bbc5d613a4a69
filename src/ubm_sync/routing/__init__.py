"""Who must know of a disconnection, and when: cases, routing, escalation. Pure, no clock."""
