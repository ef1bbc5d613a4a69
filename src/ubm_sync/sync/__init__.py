"""The engine: observe, merge, plan, guard, journal, apply, settle.

``merge``, ``plan``, ``guard``, ``identity`` and ``settle`` are pure; ``ingest`` and ``cycle`` act.
"""
