"""What policies tell: that one was proposed, agreed to, begins to answer, or ends."""

POLICY_SUBMITTED = "PolicySubmitted"
POLICY_REVIEWED = "PolicyReviewed"
POLICY_PUBLISHED = "PolicyPublished"
POLICY_ENDED = "PolicyEnded"
