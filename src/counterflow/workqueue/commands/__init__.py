"""What people do with cases, a file each. Opening them is in `workqueue.cases`."""

from counterflow.workqueue.commands.assign_cases import AssignCase, assign_cases
from counterflow.workqueue.commands.close_cases import CloseCase, close_cases
from counterflow.workqueue.commands.comment_cases import CommentCase, comment_cases
from counterflow.workqueue.commands.escalate_cases import EscalateCase, escalate_cases
from counterflow.workqueue.commands.merge_cases import MERGED_MAX, MergeCases, merge_cases
from counterflow.workqueue.commands.reopen_cases import ReopenCase, reopen_cases
from counterflow.workqueue.commands.retry_deliveries import RetryDelivery, retry_deliveries
from counterflow.workqueue.commands.save_filters import DropFilter, SaveFilter, drop_filters, save_filters
from counterflow.workqueue.commands.snooze_cases import SnoozeCase, snooze_cases
from counterflow.workqueue.commands.take_cases import TakeCases, take_cases

__all__ = [
    "MERGED_MAX",
    "AssignCase",
    "CloseCase",
    "CommentCase",
    "DropFilter",
    "EscalateCase",
    "MergeCases",
    "ReopenCase",
    "RetryDelivery",
    "SaveFilter",
    "SnoozeCase",
    "TakeCases",
    "assign_cases",
    "close_cases",
    "comment_cases",
    "drop_filters",
    "escalate_cases",
    "merge_cases",
    "reopen_cases",
    "retry_deliveries",
    "save_filters",
    "snooze_cases",
    "take_cases",
]
