"""Requests as a ``requests`` session sends them, without looking for settings that nobody made.

Merging headers, cookies, proxies and hooks of which there are none takes longer than answering.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import requests
from requests.structures import CaseInsensitiveDict


def straighten(session: requests.Session) -> None:
    """Have a session prepare and send its requests at once."""
    session.trust_env = False
    vars(session)["request"] = partial(_request, session)


def _request(
    session: requests.Session,
    method: str,
    url: str,
    *,
    params: Sequence[tuple[str, object]],
    headers: Mapping[str, str],
    data: bytes | None,
    **_same: Any,
) -> requests.Response:
    request = requests.PreparedRequest()
    request.method = method
    request.url = f"{url}?{urlencode(params, doseq=True)}" if params else url
    request.headers = CaseInsensitiveDict(headers)
    for name, value in session.headers.items():
        request.headers.setdefault(name, str(value))
    request.body = data
    answer = session.get_adapter(url).send(request)
    answer.content  # noqa: B018 - read as long as a broken answer is the request's error
    return answer
