"""Facts that refunds tells; the subject of each is named beside it."""

CREDIT_RELEASED = "CreditReleased"  # the credit
GOODWILL_GRANTED = "GoodwillGranted"  # the credit
CREDIT_APPROVED = "CreditApproved"  # the RMA
PAYOUT_REQUESTED = "PayoutRequested"  # the payout
PAYOUT_PAID = "PayoutPaid"  # the payout
PAYOUT_FAILED = "PayoutFailed"  # the payout
MONEY_UNEXPLAINED = "MoneyUnexplained"  # the money fact
CHARGEBACK_OBSERVED = "ChargebackObserved"  # the money fact
CHARGEBACK_REVERSED = "ChargebackReversed"  # the money fact
REPLACEMENT_ORDERED = "ReplacementOrdered"  # the RMA
REPLACEMENT_CANCELLED = "ReplacementCancelled"  # the RMA
CREDIT_OFFSET = "CreditOffset"  # the RMA
CHARGE_OBSERVED = "ChargeObserved"  # the RMA
