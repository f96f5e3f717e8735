"""Names that users bring, as tables show them: each character is meant as it is."""

import re

LATEX = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    **{sign: f"\\{sign}" for sign in "{}&%$#_"},
    **{sign: f"{{{sign}}}" for sign in "[*"},  # which would belong to the end of the row before
}
MARKDOWN = re.compile(r"[\\`*|<>\[\]$~&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def escape_latex(text: str) -> str:
    """Write a name for LaTeX."""
    escaped = "".join(LATEX.get(sign, sign) for sign in show_name(text))
    return re.sub("-(?=-)", "-{}", escaped)  # two would become a dash


def escape_markdown(text: str) -> str:
    """Write a name for a cell of a table in Markdown."""
    return MARKDOWN.sub(r"\\\g<0>", show_name(text))


def show_name(text: str) -> str:
    """Write a name on one line: what cannot be seen, such as the end of a line, by its code."""
    seen = (sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
    return "".join(seen)
