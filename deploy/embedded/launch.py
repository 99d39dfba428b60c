"""Starts a program that ends with its parent: `launch.py PARENT SIGNAL plain|unprivileged=FOLDER PROGRAM ARGUMENT...`.

Runs between fork and exec, so it imports little. On Linux the kernel sends SIGNAL when the thread that started this
ends, however it ends; elsewhere the parent has to stop its children. `unprivileged` lets root start PostgreSQL, which
refuses root: in a user namespace of its own root appears as `nobody` and still owns the same files. Where no namespace
is allowed, root becomes `nobody` for real, and FOLDER is given to it.
"""

import ctypes
import os
import sys

NOBODY = 65534
PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000


def main() -> None:
    parent, death_signal, privilege, *command = sys.argv[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    if privilege != "plain" and os.geteuid() == 0:
        _leave_root(libc, privilege.partition("=")[2])
    if sys.platform == "linux":  # after the change of user, which would clear it
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != int(parent):  # it ended before the kernel was told
            sys.exit(1)
    try:
        os.execv(command[0], command)  # noqa: S606 - with arguments of ours, and no shell
    except PermissionError:
        sys.exit(f"{command[0]} cannot be started by this user. Run Rapport as a normal user, not as root.")


def _leave_root(libc: ctypes.CDLL, folder: str) -> None:
    uid, gid = os.getuid(), os.getgid()
    if sys.platform == "linux" and libc.unshare(CLONE_NEWUSER) == 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{NOBODY} {uid} 1"), ("gid_map", f"{NOBODY} {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib is slow to import
                file.write(text)
        return
    for path, _, names in os.walk(folder):
        for name in (".", *names):
            os.chown(os.path.join(path, name), NOBODY, NOBODY)  # noqa: PTH118 - as above
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


if __name__ == "__main__":
    main()
