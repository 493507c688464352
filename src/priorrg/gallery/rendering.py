"""Fill a template: one HTML page with its style inside, text escaped, and nothing from elsewhere.

Knows templates and styles; not what is on a page.
"""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def rendered(template: str, styles: Sequence[str], **values: object) -> str:
    """Return the page; ``styles`` are files of this room, later ones winning.

    The template gets ``style`` and ``style_hash``, by which alone the page's own policy lets a style in.
    """
    room = files("priorrg.gallery")
    style = "".join(room.joinpath(name).read_text(encoding="utf-8") for name in styles)
    environment = Environment(
        loader=PackageLoader("priorrg", "gallery"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        style=Markup(style),
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        **values,
    )
