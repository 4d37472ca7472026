"""Facts that returns tells; subjects are RMAs where nothing else is said."""

RMA_OPENED = "RmaOpened"
RMA_APPROVED = "RmaApproved"
RMA_DECLINED = "RmaDeclined"
RMA_CANCELLED = "RmaCancelled"
RMA_CLOSED = "RmaClosed"
RMA_REOPENED = "RmaReopened"
SIGNAL_NOTED = "SignalNoted"  # the signal
SIGNAL_WITHDRAWN = "SignalWithdrawn"  # the signal
