"""A system-call filter for bubblewrap: what a notebook never needs answers "not permitted".

It closes what the namespaces leave open: memory outside every limit (memfd, System V and
anonymous shared memory, which stays when no process has it mapped in full; pages given to a pipe;
rules and queues that the kernel keeps), and the parts of the kernel in which most holes are found.
The program is classic BPF; see seccomp(2) and linux/filter.h.
"""

import platform
import struct

# Numbers on x86_64 and on aarch64; None where the call does not exist.
CALLS: dict[str, tuple[int, int | None]] = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "fanotify_init": (300, 262),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "io_setup": (206, 0),
    "io_submit": (209, 2),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "landlock_add_rule": (445, 445),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "msgget": (68, 186),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "semget": (64, 190),
    "sendfile": (40, 71),
    "setns": (308, 268),
    "shmget": (29, 194),
    "splice": (275, 76),
    "tee": (276, 77),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vmsplice": (278, 75),
}
CLONE, CLONE3 = (56, 220), (435, 435)
MMAP, SOCKET = (9, 222), (41, 198)
FAMILIES = (1, 2, 10, 16)  # Unix, IPv4, IPv6, netlink: a namespace holds them, unlike AF_VSOCK
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
NEW_USER_NAMESPACE = 0x10000000
SHARED_ANONYMOUS = 0x21

LOAD, EQUAL, GREATER_EQUAL, ANY_BIT, RETURN, AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = 1, 38


def _instruction(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def program() -> bytes | None:
    """Return the filter for this machine, or None for a processor that is not listed."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        return None
    column, audit = ARCHITECTURES[machine]
    numbers = (each[column] for each in CALLS.values())
    denied = [number for number in numbers if number is not None]
    lines = [
        _instruction(LOAD, 4),  # the architecture: a 32-bit program has other numbers
        _instruction(EQUAL, audit, then=1),
        _instruction(RETURN, KILL),
        _instruction(LOAD, 0),  # the number of the call
        _instruction(GREATER_EQUAL, 0x40000000, otherwise=1),  # the x32 numbers
        _instruction(RETURN, ERRNO | EPERM),
        # The C library falls back to clone, whose flags can be read here.
        _instruction(EQUAL, CLONE3[column], otherwise=1),
        _instruction(RETURN, ERRNO | ENOSYS),
    ]
    for number in denied:
        lines += [_instruction(EQUAL, number, otherwise=1), _instruction(RETURN, ERRNO | EPERM)]
    lines += [
        _instruction(EQUAL, SOCKET[column], otherwise=len(FAMILIES) + 3),
        _instruction(LOAD, 16),  # the low half of socket's first argument, the family
        *[
            _instruction(EQUAL, family, then=len(FAMILIES) - number)
            for number, family in enumerate(FAMILIES)
        ],
        _instruction(RETURN, ERRNO | EPERM),
        _instruction(RETURN, ALLOW),
        _instruction(EQUAL, MMAP[column], otherwise=5),
        _instruction(LOAD, 40),  # the low half of mmap's fourth argument, its flags
        _instruction(AND, SHARED_ANONYMOUS),
        _instruction(EQUAL, SHARED_ANONYMOUS, otherwise=1),
        _instruction(RETURN, ERRNO | EPERM),
        _instruction(RETURN, ALLOW),
        _instruction(EQUAL, CLONE[column], otherwise=3),
        _instruction(LOAD, 16),  # the low half of clone's first argument
        _instruction(ANY_BIT, NEW_USER_NAMESPACE, otherwise=1),
        _instruction(RETURN, ERRNO | EPERM),
        _instruction(RETURN, ALLOW),
    ]
    return b"".join(lines)
