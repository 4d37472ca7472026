"""Facts that the desk tells; the subject is the RMA. They carry the template's code and nothing of the words."""

MESSAGE_QUEUED = "MessageQueued"
MESSAGE_SENT = "MessageSent"
MESSAGE_FAILED = "MessageFailed"
LABEL_KEPT = "LabelKept"
