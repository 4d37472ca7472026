"""A mail server's stand-in: messages are files in a folder, for development and tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage

from counterflow.kernel import clock


class Folder(BaseEmailBackend):
    """Writes each message as an .eml file into `COUNTERFLOW_HOME/mail`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.folder = Path(settings.MAIL_FOLDER)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the messages; their number."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            stamp = clock.now().strftime("%Y%m%dT%H%M%S")
            (self.folder / f"{stamp}-{uuid4().hex[:8]}.eml").write_bytes(message.message().as_bytes())
        return len(email_messages)
