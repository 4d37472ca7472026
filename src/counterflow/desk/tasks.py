"""What the worker does for the desk: hand queued messages to the mail server, outside of any transaction."""

from datetime import UTC, datetime
from typing import Final

from django.core.mail import EmailMessage, get_connection

from counterflow.desk.commands.record_sendings import Sending, record_sendings
from counterflow.desk.commands.switch_letters import install_default_letters
from counterflow.desk.labels import newest_label
from counterflow.desk.messages import Waiting, waiting
from counterflow.desk.slip import slip, slip_pdf
from counterflow.kernel.context import Context
from counterflow.kernel.tasks import jobs

PRINTABLE: Final = frozenset({"pdf", "png"})
"""Labels that a customer can print; ZPL is for label printers."""
PERMISSIONS: Final = frozenset({"desk.write", "desk.rules"})


@jobs.periodic(cron="* * * * *")
@jobs.task(name="desk.send", queue="flows", queueing_lock="desk.send", lock="desk.send")
def send(timestamp: int) -> None:
    """Send what waits; one sender at a time, so that nothing goes out twice. The first one installs the rules."""
    at = datetime.fromtimestamp(timestamp, UTC)
    install_default_letters(Context.make("flow:letters", PERMISSIONS, at, source="flow"))
    send_waiting(at)


def send_waiting(at: datetime) -> int:
    """Try every message that is due once, and record what became of it; how many were tried."""
    found = waiting(at=at)
    for message in found:
        sending = _try(message)
        record_sendings(Context.make("flow:mail", PERMISSIONS, at, source="flow"), items=[sending])
    return len(found)


def _try(message: Waiting) -> Sending:
    if message.body is None:
        return Sending(message.id, "erased", final=True)
    mail = EmailMessage(message.body["subject"], message.body["text"], to=[message.body["to"]])
    if message.with_slip:
        label = newest_label(rma=message.rma)
        if label is not None and label.sort in PRINTABLE:
            mail.attach(label.name, label.body, label.content_type)
        mail.attach(f"{message.rma}.pdf", slip_pdf(slip(number=message.rma)), "application/pdf")
    try:
        get_connection().send_messages([mail])
    except Exception as error:  # whatever a mail server does is a try that failed; the code tells which kind
        return Sending(message.id, type(error).__name__[:60])
    return Sending(message.id)
