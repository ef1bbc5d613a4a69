"""What lies in a drop folder, and what of it is not opened."""

from __future__ import annotations

from pathlib import Path

from ubm_files.folder import lying


def test_a_link_and_a_name_without_room_for_more_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("x", encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(tmp_path / "good.csv")
    (tmp_path / f"{'n' * 220}.csv").write_text("x", encoding="utf-8")

    assert [one.trouble for one in lying(tmp_path)] == [
        "",
        "it is a link and no file; put the file itself here.",
        "its name is too long; give it a shorter one.",
    ]
