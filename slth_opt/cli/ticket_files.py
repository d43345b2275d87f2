"""Files of tickets: written beside their place, read back, and only then moved there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from slth_opt.array_files import WRITERS
from slth_opt.cli.arrays import check_place
from slth_opt.errors import ClaimRejected, FileError
from slth_opt.json_files import name_of
from slth_opt.networks import Network, read_network, write_network
from slth_opt.tickets import Ticket, read_ticket, ticket_network, write_ticket


def check_array_place(place: str, *sources: str) -> None:
    """Refuse a place where no file of arrays can go, before any work.

    Examples
    --------
    >>> check_array_place("ticket.txt")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: ticket.txt: must end in .safetensors or .npz
    """
    if Path(place).suffix not in WRITERS:
        raise FileError(f"{name_of(place)}: must end in {' or '.join(reversed(WRITERS))}")
    check_place(place, *sources)


def write_checked(place: str | Path, write: Callable[[Path], object]) -> None:
    """Let a file be written and checked beside its place, then move it there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_checked(f"{folder}/a.bin", lambda beside: beside.write_bytes(b"1"))
    ...     os.listdir(folder)
    ['a.bin']
    """
    home = Path(place)
    beside = home.with_name(f".{home.stem[:80]}.{secrets.token_hex(8)}{home.suffix}")
    try:
        try:
            write(beside)
            os.replace(beside, home)
        finally:  # after a Ctrl-C too; there is nothing left to remove when all went well
            beside.unlink(missing_ok=True)
    except FileError as refused:  # users know the place, not the file beside it
        raise FileError(str(refused).replace(name_of(beside), name_of(place))) from None
    except OSError as failed:
        raise FileError(f"{name_of(place)}: cannot be written: {failed.strerror}") from None


def write_bytes(place: str | Path, content: bytes) -> None:
    """Write bytes so that the file is, at any moment, the old one or the new one."""

    def write(beside: Path) -> None:
        beside.write_bytes(content)

    write_checked(place, write)


def save_ticket(place: str, ticket: Ticket, target: Network) -> None:
    """Write a ticket that comes out of its file as it went in, every sum added up again.

    Examples
    --------
    >>> import tempfile
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> target = dense_network([[[0.5, -0.25]]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = f"{folder}/ticket.npz"
    ...     save_ticket(place, build_ticket(target, "pensia", n=8, seed=1), target)
    ...     os.listdir(folder)
    ['ticket.npz']
    """

    def write(beside: Path) -> None:
        write_ticket(beside, ticket)
        read = read_ticket(beside, target)
        for part, same in zip(ticket.parts, read.parts, strict=True):
            if (part.choice.masks != same.choice.masks).any():
                raise ClaimRejected("the ticket was not written as it is")

    write_checked(place, write)


def save_cut(place: str, ticket: Ticket) -> None:
    """Write the masked network of a ticket, and read it back.

    Examples
    --------
    >>> import tempfile
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = f"{folder}/net.npz"
    ...     save_cut(place, build_ticket(dense_network([[[0.5]]]), "pensia", n=8, seed=1))
    ...     len(read_network(place).layers)
    2
    """

    def write(beside: Path) -> None:
        network = ticket_network(ticket)
        whence: dict[str, str | int] = {"cut_by": "slth ticket"}
        whence |= {"construction": ticket.construction, "n": ticket.n, "seed": ticket.seed}
        write_network(beside, network, provenance=whence)
        if read_network(beside).digest != network.digest:
            raise ClaimRejected("the network was not written as it is")

    write_checked(place, write)
