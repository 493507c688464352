"""PriorRG drafts chest X-ray reports from the current image, the prior image and the clinical question."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from priorrg.reporter import Draft, PriorRG

__all__ = ["Draft", "PriorRG"]


def __getattr__(name: str) -> Any:
    """Import the public face when it is asked for: the nouns and the errors need no torch."""
    if name in __all__:
        return getattr(import_module("priorrg.reporter"), name)
    raise AttributeError(f"module 'priorrg' has no attribute {name!r}")
