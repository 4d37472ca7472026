"""Facts that returns tells; subjects are RMAs."""

RMA_OPENED = "RmaOpened"
RMA_APPROVED = "RmaApproved"
RMA_DECLINED = "RmaDeclined"
RMA_CANCELLED = "RmaCancelled"
RMA_CLOSED = "RmaClosed"
