"""Every key of every file is described, has an example that is right, and stands in the docs."""

from __future__ import annotations

import json

import pytest
from tests.handbook import EXAMPLES, TARGET, keys, page

from ubm_sync.config import schemas
from ubm_sync.config.schemas import MODELS
from ubm_sync.installed import dialects
from ubm_sync.mapping import check_mappings, load_yaml, validate


@pytest.mark.parametrize("name", MODELS)
def test_every_key_is_described_and_has_an_example(name: str) -> None:
    found = keys(name)

    assert [one.path for one in found if not one.means] == []
    assert [one.path for one in found if not one.example] == []


@pytest.mark.parametrize("name", MODELS)
def test_the_examples_are_right(name: str) -> None:
    located = load_yaml(EXAMPLES / f"{name}.yaml")

    validate(MODELS[name], located)
    if name == "mapping":
        check_mappings([located])


def test_the_page_is_made_of_what_is_there() -> None:
    """``python -m tests.handbook`` writes it anew."""
    assert TARGET.read_text(encoding="utf-8") == page()


def test_each_kind_of_file_has_a_schema_that_knows_the_systems() -> None:
    found = schemas(dialects())

    assert {name.partition(".")[0] for name in found} == set(MODELS)
    systems = found["service.schema.json"]["properties"]["systems"]["properties"]
    assert set(systems) == set(dialects())
    assert all("name" in one["properties"] for one in systems.values())
    assert all(one["$schema"].endswith("2020-12/schema") for one in found.values())
    json.dumps(found)


def test_every_setting_of_a_system_is_described() -> None:
    bare = [
        f"{name}.{field}"
        for name, dialect in dialects().items()
        for model in (dialect.system, dialect.field)
        for field, info in model.model_fields.items()
        if not info.description
    ]

    assert bare == []
