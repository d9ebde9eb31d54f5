"""A relay on loopback whose answers a test chooses. A double: no message that it takes goes anywhere."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


class Relay(socketserver.ThreadingTCPServer):
    """*answers* by verb (`greeting` and `end` for what is no verb); what is not among them is taken.

    `heard` are the lines that came, but for those of messages; `messages` counts the messages that came to their end.
    An empty answer is silence. `meanwhile` is called for each line.
    """

    daemon_threads = True

    def __init__(self, answers: Mapping[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.answers = answers
        self.heard: list[str] = []
        self.messages = 0
        self.meanwhile: Callable[[], object] = list
        self.silence = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Dialogue(socketserver.StreamRequestHandler):
    server: Relay

    def _answer(self, verb: str, usual: str) -> str:
        answer = self.server.answers.get(verb, usual)
        if not answer:
            self.server.silence.wait(30)
        try:
            self.wfile.write(f"{answer}\r\n".encode())
        except OSError:
            return ""
        return answer

    def handle(self) -> None:
        """As much of RFC 5321 as qmail-remote speaks."""
        self._answer("greeting", "220 relay")
        while line := self.rfile.readline().decode().strip():
            self.server.heard.append(line)
            self.server.meanwhile()
            verb = line.split(" ")[0].upper()
            if self._answer(verb, "354 go on" if verb == "DATA" else "250 ok").startswith("3"):
                while (line := self.rfile.readline().decode()) not in {".\r\n", ""}:
                    pass
                if line:
                    self.server.messages += 1
                    self._answer("end", "250 ok")


@contextmanager
def relay(**answers: str) -> Iterator[Relay]:
    """A relay that gives these answers."""
    with Relay(answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.silence.set()
            server.shutdown()
            thread.join()
