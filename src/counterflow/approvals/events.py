"""Facts that approvals tells; the subject of each is the request, or the delegation."""

APPROVAL_ASKED = "ApprovalAsked"
APPROVAL_DECIDED = "ApprovalDecided"
APPROVAL_ENDED = "ApprovalEnded"
DELEGATION_BEGUN = "DelegationBegun"
DELEGATION_ENDED = "DelegationEnded"
