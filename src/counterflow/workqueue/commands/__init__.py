"""What people do with cases, a file each: assign, comment, close. Opening is in `workqueue.cases`."""

from counterflow.workqueue.commands.assign_cases import AssignCase, assign_cases
from counterflow.workqueue.commands.close_cases import CloseCase, close_cases
from counterflow.workqueue.commands.comment_cases import CommentCase, comment_cases

__all__ = ["AssignCase", "CloseCase", "CommentCase", "assign_cases", "close_cases", "comment_cases"]
