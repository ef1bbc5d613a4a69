"""The lane of disconnections: what comes in at the help desk is read, routed and followed up.

It goes before everything else, in a thread of its own, and shares nothing with the engine's cycles
but the state and the rate limits. All decisions are in ``ubm_sync.disconnection``.
"""
