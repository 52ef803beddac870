"""The pages of docs/, and the blocks of code on them."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").rglob("*.md"))


class Block(NamedTuple):
    """A fenced block: its language, the file that the line before names (""), and its text."""

    language: str
    file: str
    text: str


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, from top to bottom."""
    read: list[Block] = []
    before, inside = "", None
    for line in page.read_text().splitlines():
        if inside is not None and line == "```":
            language, file, lines = inside
            read.append(Block(language, file, "".join(f"{text}\n" for text in lines)))
            before, inside = "", None
        elif inside is not None:
            inside[2].append(line)
        elif line.startswith("```"):
            file = re.search(r"`(\w+\.json)`", before)
            inside = line.strip("`"), file[1] if file else "", []
        elif line:
            before = line
    return read


def commands(page: Path) -> list[str]:
    """Return the commands of a page's blocks of bash, one a line, without their comments."""
    lines = []
    for block in blocks(page):
        if block.language == "bash":
            lines += re.sub(r"\\\n\s*", "", block.text).splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def name_of(page: Path) -> str:
    """Return a page's path, as the name of a test case."""
    return str(page.relative_to(ROOT)).removeprefix("docs/")
