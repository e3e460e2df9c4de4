"""`archcalc lock`: write down what every network is."""

from __future__ import annotations

import sys

from archcalc.commands.check.check import (
    AllowImport,
    CacheFile,
    LockFile,
    Paths,
    say_shipped,
    sources_of,
)
from archcalc.commands.loading import limits_from
from archcalc.commands.options import InputShapes, LimitOptions
from archcalc.commands.progress import waiting


def lock(
    paths: Paths = None,
    lock_file: LockFile = None,
    cache: CacheFile = None,
    allow_import: AllowImport = False,
    input: InputShapes = None,
    limit: LimitOptions = None,
) -> None:
    """Write a lock file with the figures of every network.

    It holds a fingerprint of each structure too. `archcalc check --locked` compares.

    $ archcalc lock nets/
    $ archcalc lock nets/ --lock-file nets.lock
    """
    from archcalc.checks.cache import Cache
    from archcalc.checks.discovery import specs_at
    from archcalc.checks.lock import lock_path, locked, read_lock, relocked, write_lock
    from archcalc.checks.project import find_project
    from archcalc.language.library import displayed

    project = find_project()
    file = lock_path(lock_file, project)
    found = specs_at(paths, project)
    say_shipped(found, "lock")
    sources = sources_of(found.paths, project, allow_import, input)
    limits = limits_from(limit)
    before = read_lock(file, limits) if file.is_file() else None
    known = Cache(cache)
    with waiting("reading"):
        made = locked(found.paths, file, paths or (), limits, sources, known)
    write_lock(made)
    for told in relocked(before, made) if before is not None else ():
        print(told, file=sys.stderr)
    count = len(made.networks)
    print(
        f"{displayed(file)}: {count} network{'s' * (count != 1)} locked",
        file=sys.stderr,
    )
    known.write()
