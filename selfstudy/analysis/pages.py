"""Pages of text and tables that stand alone, for the report and for any browser."""

from base64 import b64encode
from collections.abc import Mapping
from html import escape

import pandas as pd

STYLE = """
body { font: 15px/1.4 sans-serif; margin: 2em; max-width: 70em; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid #ccc; padding: 0.3em 0.7em; text-align: left; }
"""


def compose_page(title: str, sections: Mapping[str, str | pd.DataFrame | bytes]) -> str:
    """Compose a page of HTML.

    Args:
        title: of the page.
        sections: text, shown as it is, a table, or a PNG, by its heading; that of "" has none.
    """
    parts = []
    for heading, content in sections.items():
        parts.append(f"<h2>{escape(heading)}</h2>" if heading else "")
        if isinstance(content, pd.DataFrame):
            parts.append(content.to_html(index=False, border=0, float_format="{:.3g}".format))
        elif isinstance(content, bytes):
            source = f"data:image/png;base64,{b64encode(content).decode()}"
            parts.append(f'<img style="max-width: 100%" src="{source}" alt="{escape(heading)}">')
        else:
            parts.append(f'<pre style="white-space: pre-wrap">{escape(content)}</pre>')
    return (
        f"<!DOCTYPE html>\n<html lang='en'><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>\n" + "\n".join(parts) + "\n</html>\n"
    )
