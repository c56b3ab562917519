"""Archives whose bytes depend on the content alone: sorted names, one time, no owners."""
import gzip
import io
import os
import stat
import tarfile
import time
import zipfile


def files_of(folder):
    """(path below `folder`, full path) of all files, folders and links, parents first, sorted."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in sorted(folders + files):
            full = os.path.join(place, name)
            yield os.path.relpath(full, folder), full
        for name in links:
            folders.remove(name)


def mode_of(full):
    """Everybody may read; what its owner may execute everybody may."""
    if os.path.isdir(full):
        return 0o755
    return 0o755 if os.stat(full).st_mode & stat.S_IXUSR else 0o644


def tar_gz(folder, prefix, out, when, with_folders=True):
    """Writes `folder` as `prefix`/... into the .tar.gz file `out`."""
    with open(out, "wb") as file, gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=when, compresslevel=9) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for path, full in files_of(folder):
                if os.path.isdir(full) and not os.path.islink(full) and not with_folders:
                    continue
                entry = tarfile.TarInfo(f"{prefix}/{path}")
                entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = when, 0, 0, "root", "root"
                if os.path.islink(full):
                    entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(full)
                    tar.addfile(entry)
                elif os.path.isdir(full):
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                    tar.addfile(entry)
                else:
                    entry.mode, entry.size = mode_of(full), os.path.getsize(full)
                    with open(full, "rb") as content:
                        tar.addfile(entry, content)


def gz(text, when):
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=when, compresslevel=9) as packed:
        packed.write(text.encode())
    return out.getvalue()


def zip_add(archive, name, content, when, mode=0o644):
    entry = zipfile.ZipInfo(name, time.gmtime(max(when, 315532800))[:6])  # zip begins in 1980
    entry.external_attr = (stat.S_IFREG | mode) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content, compresslevel=9)
