"""A certificate authority and an ECDSA server certificate for localhost, made with openssl in a directory."""

import pathlib
import subprocess

DAYS = "397"


def openssl(*arguments, **options):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, **options)


def new_key(path):
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(path))


class Authority:
    """Makes the files below `directory` unless they are there: ca.crt, server.crt, server.key, and hashed/ for capath."""

    def __init__(self, directory, name="owb-cloud test CA"):
        self.directory = pathlib.Path(directory)
        self.certificate = self.directory / "ca.crt"
        self.server_certificate = self.directory / "server.crt"
        self.server_key = self.directory / "server.key"
        self.hashed = self.directory / "hashed"
        if not self.hashed.is_dir():
            self.directory.mkdir(parents=True, exist_ok=True)
            self._make(name)

    def _make(self, name):
        key = self.directory / "ca.key"
        new_key(key)
        openssl("req", "-x509", "-new", "-key", str(key), "-subj", f"/CN={name}", "-days", DAYS, "-out",
                str(self.certificate), "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self.issue("server", "localhost", "DNS:localhost,IP:127.0.0.1,IP:::1")
        self.hashed.mkdir()
        (self.hashed / "ca.pem").write_bytes(self.certificate.read_bytes())
        openssl("rehash", str(self.hashed))

    def issue(self, stem, common_name, names=None, usage="serverAuth"):
        """Writes STEM.key and STEM.crt, signed by the authority."""
        key, request, extensions = (self.directory / f"{stem}.{end}" for end in ("key", "csr", "ext"))
        new_key(key)
        openssl("req", "-new", "-key", str(key), "-subj", f"/CN={common_name}", "-out", str(request))
        extensions.write_text(f"basicConstraints=CA:FALSE\nextendedKeyUsage={usage}\n"
                              + (f"subjectAltName={names}\n" if names else ""))
        openssl("x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey",
                str(self.directory / "ca.key"), "-CAcreateserial", "-days", DAYS, "-extfile", str(extensions), "-out",
                str(self.directory / f"{stem}.crt"))
        request.unlink()
        extensions.unlink()
