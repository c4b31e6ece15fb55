"""Checks the data folder, the disk and the address of the bot's pages."""

import ipaddress
import os
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from bot.check.findings import Finding, failed, passed, warned
from bot.storage.folder import CONTAINER_MARKS, how_to_own, in_container, try_to_write

GIB = 2**30
TOO_LITTLE = 0.5 * GIB
LITTLE = 5 * GIB


def check_folder(folder: Path) -> Finding:
    """Check that the data folder can be written to, or made."""
    name = "data folder"
    advice = f"for user {os.getuid()}: {how_to_own(folder)}; or set data_dir"
    if not os.path.exists(folder):  # noqa: PTH110 - False, too, where this user may not look
        parent = _nearest(folder)
        if not os.access(parent, os.W_OK | os.X_OK):
            return failed(name, f"{folder} cannot be made in {parent}", advice)
        return passed(name, f"{folder.absolute()} will be made at the first start")
    try:
        try_to_write(folder)
    except OSError as error:
        return failed(name, f"{folder} cannot be written to ({error.strerror})", advice)
    if folder.stat().st_mode & 0o077:
        return warned(
            name,
            f"other users of this machine can read {folder}",
            f"it has members' pictures and tokens: chmod -R go= {folder}",
        )
    return passed(name, f"{folder.absolute()} can be written to")


def check_disk(folder: Path) -> Finding:
    """Check the free space of the disk."""
    free = shutil.disk_usage(_nearest(folder)).free
    text = f"{free / GIB:.1f} GiB free"
    advice = "make room, set data_dir to a larger disk, or lower limits.retention_days"
    if free < TOO_LITTLE:
        return failed("disk", text, advice)
    if free < LITTLE:
        return warned("disk", text, advice)
    return passed("disk", text)


def check_pages(
    host: str,
    port: int,
    admin_port: int | None = None,
    marks: Sequence[Path] = CONTAINER_MARKS,
) -> Finding:
    """Check that the bot's pages can be served, and health and metrics not to strangers.

    In a container (one of the files `marks` exists), every address is reached only through ports
    that the host publishes.
    """
    name = "web"
    ports = {"web.port": port} | ({} if admin_port is None else {"web.admin_port": admin_port})
    for setting, number in ports.items():
        try:
            address = _listen(host, number)
        except OSError as error:
            return warned(
                name,
                f"nothing can listen at {host}:{number} ({error.strerror})",
                f"if the bot is running, it listens there already; otherwise set {setting}",
            )
    admin = port if admin_port is None else admin_port
    text = f"pages at {host}:{port}; health and metrics at {host}:{admin}"
    if admin_port is not None and not ipaddress.ip_address(address).is_loopback:
        if in_container(marks):
            return passed(name, f"{text} of this container")
        return warned(
            name,
            f"{text}, where other machines can read them",
            "set web.host to 127.0.0.1, or restrict access to web.admin_port with a firewall",
        )
    return passed(name, f"{text}, for this machine alone")


def _listen(host: str, port: int) -> str:
    """Listen for a moment and give the host's address. Raises OSError."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    return str(address[0])


def _nearest(folder: Path) -> Path:
    """Find the nearest parent that exists, or the folder itself."""
    folder = folder.absolute()
    there = os.path.exists(folder)  # noqa: PTH110 - False, too, where this user may not look
    return folder if there else _nearest(folder.parent)
