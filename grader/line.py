"""The line between the grader and the child of one call: one message at a time, each of a kind."""

import socket

from grader import wire

RESULT, UNREADABLE, MEMORY, MACHINE, FAULT, ASK = b"RUMSFA"  # the first byte of a message


class Line:
    """The child's end of its conversation with the grader."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def send(self, kind: int, body: bytes) -> None:
        """Send one message of a kind."""
        head = wire.HEAD.pack(len(body) + 1) + bytes([kind])
        self.connection.sendall(head)
        self.connection.sendall(body)

    def receive(self) -> bytes:
        """Wait for one message, the bytes behind its length."""
        (length,) = wire.HEAD.unpack(wire.read_exactly(self.connection.fileno(), wire.HEAD.size))
        return wire.read_exactly(self.connection.fileno(), length)
