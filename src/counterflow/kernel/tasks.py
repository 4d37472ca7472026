"""Scheduled work of the kernel: housekeeping of the job queue itself.

Jobs are defined on procrastinate's Django app, here named `jobs` for all rooms.
"""

from typing import Final

from procrastinate.contrib.django import app as jobs

KEEP_HOURS: Final = 24


@jobs.periodic(cron="7 * * * *")
@jobs.task(name="kernel.forget_jobs", queueing_lock="kernel.forget_jobs")
async def forget_jobs(timestamp: int) -> None:
    """Delete jobs that ended well a day ago, so that the queue stays small; failed ones stay to be seen."""
    await jobs.job_manager.delete_old_jobs(nb_hours=KEEP_HOURS)


__all__ = ["forget_jobs", "jobs"]
