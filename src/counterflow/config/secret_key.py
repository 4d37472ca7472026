"""The key that signs sessions: from the environment, or made once and kept beside the database."""

import os
import secrets

from counterflow.config import embedded_layout

VARIABLE = "COUNTERFLOW_SECRET_KEY"
PRODUCTION_BYTES_MIN = 32


def secret_key(*, production: bool) -> str:
    """The signing key.

    In production it has to be given, so that all web processes of all machines share it; elsewhere it is
    made at the first start and kept readable by its owner only. Raises `HomeUnusable`, `RuntimeError`.
    """
    given = os.environ.get(VARIABLE, "")
    if production and len(given) < PRODUCTION_BYTES_MIN:
        raise RuntimeError(f"Set {VARIABLE} to at least {PRODUCTION_BYTES_MIN} random characters in production.")
    if given:
        return given
    path = embedded_layout.home() / "secret_key"
    if not path.is_file():
        embedded_layout.make_folder(path.parent)
        embedded_layout.write_secret(path, secrets.token_urlsafe(48))
    return path.read_text(encoding="utf-8")
