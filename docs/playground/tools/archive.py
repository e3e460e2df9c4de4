"""Write the folder /page as archives into /archives, inside Pyodide (see archive.mjs)."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

PAGE = Path("/page")
NAME = "archcalc-playground"
EPOCH = (1980, 1, 1, 0, 0, 0)
FILES = {
    f"{NAME}/{path.relative_to(PAGE).as_posix()}": path.read_bytes()
    for path in sorted(PAGE.rglob("*"))
    if path.is_file()
}

zipped, tarred = io.BytesIO(), io.BytesIO()
with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    for name, data in FILES.items():
        info = zipfile.ZipInfo(name, EPOCH)
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        archive.writestr(info, data, compresslevel=9)
with tarfile.open(fileobj=tarred, mode="w") as archive:
    for name, data in FILES.items():
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(data), 0o644
        archive.addfile(entry, io.BytesIO(data))
Path("/archives", f"{NAME}.zip").write_bytes(zipped.getvalue())
Path("/archives", f"{NAME}.tar.gz").write_bytes(
    gzip.compress(tarred.getvalue(), mtime=0)
)
