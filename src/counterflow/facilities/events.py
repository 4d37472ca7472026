"""Facts that facilities tells; subjects are nodes."""

NODE_RECORDED = "NodeRecorded"
AUTHORITY_SET = "AuthoritySet"
