"""What can be done in access, a file each: create users, set roles, passwords, time zones
and activity; issue and revoke tokens."""

from counterflow.access.commands.change_users import ChangeUser, change_users
from counterflow.access.commands.create_users import NewUser, create_users
from counterflow.access.commands.issue_tokens import IssueToken, issue_tokens
from counterflow.access.commands.note_token_use import note_token_use
from counterflow.access.commands.revoke_tokens import RevokeToken, revoke_tokens
from counterflow.access.commands.set_passwords import SetPassword, set_passwords
from counterflow.access.commands.set_roles import SetRoles, set_roles
from counterflow.access.commands.set_time_zones import SetTimeZone, set_time_zones
from counterflow.access.commands.switch_users import SwitchUser, switch_users

__all__ = [
    "ChangeUser",
    "IssueToken",
    "NewUser",
    "RevokeToken",
    "SetPassword",
    "SetRoles",
    "SetTimeZone",
    "SwitchUser",
    "change_users",
    "create_users",
    "issue_tokens",
    "note_token_use",
    "revoke_tokens",
    "set_passwords",
    "set_roles",
    "set_time_zones",
    "switch_users",
]
