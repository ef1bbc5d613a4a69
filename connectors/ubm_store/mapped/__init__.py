"""Accounts in a table of somebody else's database, reached by the names of its columns.

``systems.store.table`` names the table (``billing.accounts``) and ``systems.store.columns`` the
columns with a meaning of their own: ``id``, ``sync_id``, ``customer_key`` and, if there is one,
``changed_at``. The columns of the fields are the mapping's ``external`` names. Nothing is ever
created or altered there, and such a table has no history, meters or locations of ours.
"""
