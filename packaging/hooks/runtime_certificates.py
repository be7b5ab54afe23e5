"""Where OpenSSL, built on one kind of Linux, finds the certificates of another. Read by `models install` alone."""

import os
import sys
from pathlib import Path

PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # Alpine
)

if sys.platform == "linux" and "SSL_CERT_FILE" not in os.environ:
    found = next((place for place in PLACES if Path(place).exists()), None)
    if found:
        os.environ["SSL_CERT_FILE"] = found
