"""Facts that facilities tells; subjects are nodes and totes."""

NODE_RECORDED = "NodeRecorded"
AUTHORITY_SET = "AuthoritySet"
TOTE_RECORDED = "ToteRecorded"
