"""What policies tell: one fact, when another table begins to answer."""

POLICY_PUBLISHED = "PolicyPublished"
