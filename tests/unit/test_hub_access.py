"""A hub that does not answer is asked once and told in one line, wherever something of it is wanted."""

import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from priorrg import hub_access
from priorrg.errors import WeightsError
from priorrg.hub_access import reach
from priorrg.model.hub import fetch
from priorrg.model_source import locate
from priorrg.tokenization import load_tokenizer

LOCAL = {"local_files_only": True}


@pytest.fixture
def hub_at(monkeypatch, tmp_path):
    """Return a function that puts the hub at a port of this machine; nothing is kept of it here."""

    def put(port):
        address = f"http://127.0.0.1:{port}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        monkeypatch.setattr(
            "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
            address + "/{repo_id}/resolve/{revision}/{filename}",
        )
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))

    return put


@contextmanager
def server(status):
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append(self.path)
            self.send_response(status)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running.server_port, asked
        running.shutdown()


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize(("status", "options"), [(200, {}), (404, {}), (401, {}), (503, LOCAL)])
def test_a_hub_that_is_out_of_order_is_asked_once_and_any_other_answer_is_one(hub_at, status, options):
    with server(status) as (port, asked):
        hub_at(port)
        assert reach("owner/name", "config.json") == options
    assert asked == ["/owner/name/resolve/main/config.json"]


def test_a_hub_that_accepts_and_says_nothing_is_given_up(hub_at, monkeypatch):
    monkeypatch.setattr(hub_access, "_PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hub_at(silent.getsockname()[1])
        began = time.monotonic()
        assert reach("owner/name", "config.json", token="t") == {"token": "t", **LOCAL}
        assert time.monotonic() - began < 5


def test_who_wants_local_copies_alone_asks_nobody(hub_at):
    with server(200) as (port, asked):
        hub_at(port)
        assert reach("owner/name", "config.json", local_files_only=True) == LOCAL
    assert asked == []


@pytest.mark.parametrize(
    ("want", "said"),
    [
        (locate, "cannot be reached, and no copy is kept .* give its path"),
        (
            lambda source: fetch(source, "config.json", "the Bert"),
            "cannot be reached; for the Bert, give a folder",
        ),
        (load_tokenizer, "no tokenizer there .* in a local folder"),
    ],
)
def test_without_a_network_each_use_ends_in_seconds_and_one_line(hub_at, caplog, want, said):
    hub_at(closed_port())
    began = time.monotonic()
    with pytest.raises(WeightsError, match=f"^owner/name: .*{said}") as refusal:
        want("owner/name")
    assert time.monotonic() - began < 5
    assert "\n" not in str(refusal.value)
    assert "Retry" not in caplog.text
