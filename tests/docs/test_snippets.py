"""Python in the documents runs as it stands there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.slow
def test_the_data_set_is_read_as_the_guide_says(small_data, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "phantom").symlink_to(small_data)
    monkeypatch.chdir(tmp_path)
    found: dict[str, object] = {}
    blocks = _BLOCK.findall((ROOT / "docs" / "data.md").read_text())
    assert len(blocks) == 3
    for block in blocks:
        exec(block, found)
    assert set(found["both"]["split"]) == {"test"}
    assert found["pixels"].shape == (128, 128)
    assert found["batch"].shape == (8, 128, 128)
    assert found["study"].current.image_id in set(found["both"]["image_id"])
