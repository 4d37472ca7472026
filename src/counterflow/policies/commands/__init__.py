"""What can be done in policies, a file each: the steps of a version's life, installing what is shipped, decisions."""

from counterflow.policies.commands.install_default_policies import install_default_policies
from counterflow.policies.commands.publish_policies import PublishPolicy, publish_policies
from counterflow.policies.commands.record_decisions import Override, decision_rows, record_decisions

__all__ = [
    "Override",
    "PublishPolicy",
    "decision_rows",
    "install_default_policies",
    "publish_policies",
    "record_decisions",
]
