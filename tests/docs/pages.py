"""The Python blocks of a page, run exactly as they are printed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
EXAMPLES = ("diffraction", "imaging", "reflectometry", "sans", "spectroscopy")


@dataclass(frozen=True)
class Block:
    """One block of a page."""

    page: Path
    line: int
    code: str

    @property
    def n_lines(self):
        return len(self.code.rstrip("\n").splitlines())


def blocks(page, language="python"):
    """Return the blocks of a page in one language."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(page, text[: match.start(1)].count("\n") + 1, match[1]) for match in found]


@dataclass
class Reader:
    """Someone who types a page's blocks one after the other, with the same names."""

    names: dict = field(default_factory=dict)

    def run(self, block, code=None):
        """Run a block; errors name its line on the page."""
        padded = "\n" * (block.line - 1) + (block.code if code is None else code)
        exec(compile(padded, str(block.page), "exec"), self.names)
        return self

    def __getitem__(self, name):
        return self.names[name]
