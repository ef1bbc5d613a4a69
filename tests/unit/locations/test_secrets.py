from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.locations.world import PLAIN, World

from ubm_sync.flow import Conflict, Edit
from ubm_sync.locations.secrets import MASK, mask, may_hold_secret

SECRET = "Hunter2!x"


@pytest.mark.parametrize(
    "text",
    [
        "pw: {}",
        "pw {}",
        "PW={}",
        "password: {}",
        "Password is {}",
        "password - {}",
        "The portal pass word is {} thanks",
        "pwd:{}",
        "pass {}",
        "P/W {}",
        "login: bsmith / {}",
        "login/pass: bsmith/{}",
        "user bob pass {}",
        "user: bob, {}",
        "username jdoe password {}",
        "user bob / pass {}",
        "contraseña: {}",
        "clave es: {}",
        "passcode -> {}",
        "api key: {}",
        "client secret = {}",
        "https://bob:{}@portal.example/login",
        "password:\n{}",
        "Pw: {}, then call me",
        "password: '{}'",
    ],
)
def test_a_secret_is_masked_and_the_rest_stays(text: str) -> None:
    masked = mask(text.format(SECRET))

    assert SECRET not in masked
    assert MASK in masked
    assert masked[:3] == text[:3]
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "sk_live_4eC39HqLyjWDarjtT1",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
        "Authorization: Bearer abcdefghijklmnop123456",
        "pat-na1-12345678-1234-1234-1234-123456789abc",
        "PIN: 4711",
        "user x / pass y",
        "user bob pass: hunter",
    ],
)
def test_tokens_and_short_secrets_are_masked(text: str) -> None:
    assert MASK in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "password will be provided",
        "Password: will send by secure link",
        "password: TBD",
        "password reset needed",
        "The password: see secure link",
        "password n/a",
        "bus pass 1450",
        "Donner Pass I-80",
        "pass through charges",
        "Bypass valve; PW 12",
        "meter in passage A1",
        "key under mat",
        "login via portal/website2",
        "PWR: 480V",
        "pin number on the map",
        "Provided via secure link",
        "user guide attached",
        "https://portal.example/login",
        "Passaic, New Jersey",
        "Open at 8, token ring room",
        "",
    ],
)
def test_ordinary_notes_are_left_alone(text: str) -> None:
    assert mask(text) == text


@given(st.text(max_size=200))
def test_masking_twice_is_masking_once(text: str) -> None:
    masked = mask(text)

    assert mask(masked) == masked
    assert masked == text or may_hold_secret([text])


@given(
    st.text(string.ascii_letters + string.digits, min_size=6, max_size=16).map(
        lambda text: f"Zq9!{text}"
    ),
    st.sampled_from(["notes", "location_name", "vendor", "account_number", "online_access", "zip"]),
    st.sampled_from(["pw: {}", "login bob / {}", "Password is {}", "user bob pass {} ok"]),
)
def test_a_secret_is_in_no_decision(secret: str, field: str, text: str) -> None:
    typed = text.format(secret)
    world = World(PLAIN | {field: typed})
    world.conflicts = (Conflict("gl_code", None, {"row": typed, "ticket": "1"}),)
    edits = [Edit("vendor", "row", typed, "ComEd"), Edit("city", "account", typed, "Joliet")]

    decisions = [world.cycle(edits=edits), world.cycle(edits=edits)]
    world.person(approval="decline", decline_reason=typed)
    decisions.append(world.cycle())

    assert secret not in repr(decisions)
