"""Requests as a ``requests`` session sends them, without looking for settings that nobody made.

Merging headers, cookies, proxies and hooks of which there are none takes longer than answering.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

import requests
from requests.structures import CaseInsensitiveDict


def straighten(session: requests.Session) -> None:
    """Have a session prepare and send its requests at once."""
    session.trust_env = False
    vars(session).update(
        request=partial(_request, session),
        prepare_request=partial(_prepared, session),
        send=partial(_sent, session),
    )


def _request(
    session: requests.Session,
    method: str,
    url: str,
    *,
    params: Any,
    headers: Mapping[str, str],
    data: bytes | None,
    **_same: Any,
) -> requests.Response:
    request = requests.Request(method, url, params=params, headers=headers, data=data)
    return _sent(session, _prepared(session, request))


def _prepared(session: requests.Session, request: Any) -> requests.PreparedRequest:
    prepared = requests.PreparedRequest()
    prepared.method = request.method
    query = urlencode(request.params, doseq=True)
    prepared.url = f"{request.url}?{query}" if query else request.url
    prepared.headers = CaseInsensitiveDict(request.headers)
    for name, value in session.headers.items():
        prepared.headers.setdefault(name, str(value))
    prepared.body = request.data or None
    return prepared


def _sent(
    session: requests.Session, request: requests.PreparedRequest, **given: Any
) -> requests.Response:
    answer = session.get_adapter(str(request.url)).send(request, timeout=given.get("timeout"))
    answer.content  # noqa: B018 - read as long as a broken answer is the request's error
    return answer
