#!/usr/bin/python3
"""Which layer may include which: the table of the layers as data, checked against every #include in the tree.

    layering.py [ROOT]     prints each forbidden include as file:line and exits with 1 if there is one
"""

import pathlib
import re
import sys

#: layer: what it may include beside itself. What those may include, it may include too.
LAYERS = {
    "tenants/base": (),
    "tenants/registry": ("tenants/base",),
    "tenants/session": ("tenants/registry",),
    "tenants/cli": ("tenants/session",),
    "tenants/move": ("tenants/cli", "broker/store"),
    "broker/mqtt": ("tenants/base",),
    "broker/core": ("broker/mqtt", "tenants/registry"),
    "broker/store": ("broker/core",),
    "broker/shard": ("broker/core", "broker/store"),
    "broker/net": ("broker/shard", "tenants/session"),
    "broker/bridge": ("broker/net",),
    "broker/app": ("broker/bridge",),
    "portal/auth": ("tenants/cli", "tenants/session", "tenants/registry", "broker/mqtt"),
    "portal/http": ("portal/auth",),
    "portal/app": ("portal/http",),
}

#: header prefix of a third party: the folders that may include it. Replacing a library touches these only.
THIRD_PARTIES = {
    "boost/asio": ("broker/shard", "broker/net", "broker/bridge", "broker/app"),
    "openssl/": ("tenants/registry", "broker/net", "broker/bridge", "broker/app", "portal/auth"),
    "libwebsockets": ("broker/net/web",),
    "httplib.h": ("broker/net/web", "portal/http"),
    "sqlite3.h": ("tenants/registry", "broker/store"),
    "zlib.h": ("broker/store",),
    "CLI/": ("tenants/cli", "tenants/move", "broker/app", "portal/app"),
    "spdlog/": ("tenants/base",),
    "systemd/": ("tenants/base", "broker/app", "portal/app"),
}

_INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def layer_of(path):
    """The layer a path such as broker/net/web/vhost.hpp belongs to, or None."""
    parts = pathlib.PurePosixPath(path).parts
    name = "/".join(parts[:2])
    return name if name in LAYERS else None


def reachable(layer):
    """The layers that `layer` may include, itself among them."""
    found = {layer}
    for below in LAYERS[layer]:
        found |= reachable(below)
    return found


def complaint(path, kind, header):
    """What is wrong with this include in the file `path`, or None."""
    layer = layer_of(path)
    if kind == '"':
        target = layer_of(header)
        if target is None:
            return "is not written from the root, or names a folder that is no layer"
        if target not in reachable(layer):
            return f"{layer} may not include {target}"
        return None
    for prefix, folders in THIRD_PARTIES.items():
        if header.startswith(prefix) and not any(path.startswith(f"{folder}/") for folder in folders):
            return f"only {', '.join(folders)} may include it"
    return None


def violations(root):
    """Every forbidden include below `root`, as text."""
    found = []
    for folder in LAYERS:
        for file in sorted((root / folder).rglob("*.[hc]pp")):
            path = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
                match = _INCLUDE.match(line)
                wrong = match and complaint(path, *match.groups())
                if wrong:
                    found.append(f"{path}:{number}: {match.group(2)}: {wrong}")
    return found


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2])
    found = violations(root)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
