"""The commands of the documentation."""

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
BLOCK = re.compile(r"(<!-- needs a cluster -->\n)?```sh\n(.*?)```", re.DOTALL)


def list_commands(program: str) -> list[str]:
    """The documented commands of a program, each once, without those that need a cluster."""
    blocks = [
        block for page in PAGES for needs, block in BLOCK.findall(page.read_text()) if not needs
    ]
    words = (shlex.split(line, comments=True) for block in blocks for line in block.splitlines())
    return sorted({shlex.join(each) for each in words if each[:1] == [program]})
