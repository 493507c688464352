"""Whether the Hugging Face hub answers, asked once: its client would go on asking for a minute.

Knows addresses; nothing of what the files there mean.
"""

from typing import Any

_PATIENCE = 5.0
"""So long, in seconds, may the hub take to accept a connection, and as long again to answer."""
_TRY_LATER = (408, 429, 500, 502, 503, 504)


def reach(source: str, file: str, **options: Any) -> dict[str, Any]:
    """Return ``options`` of the hub's functions, kept to the local copies where the hub does not answer.

    ``source`` is a hub id and ``file`` one that it has. That there is no such id or file is an answer.
    """
    if options.get("local_files_only") or _answers(source, file, options):
        return options
    return {**options, "local_files_only": True}


def _answers(source: str, file: str, options: dict[str, Any]) -> bool:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        address = hf_hub_url(source, file, revision=options.get("revision"))
        get_hf_file_metadata(address, token=options.get("token"), timeout=_PATIENCE)
    except HfHubHTTPError as error:
        return error.response is None or error.response.status_code not in _TRY_LATER
    except HFValidationError:
        return True
    except Exception:  # a network's failures are of another family in each version of the hub's client
        return False
    return True
