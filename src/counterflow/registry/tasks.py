"""What the worker does for the registry by the clock: clear away files nobody took over."""

from counterflow.kernel import clock
from counterflow.kernel.context import Context
from counterflow.kernel.tasks import jobs
from counterflow.registry.commands.clear_intakes import clear_intakes


@jobs.periodic(cron="23 * * * *")
@jobs.task(name="registry.clear_intakes", queueing_lock="registry.clear_intakes")
def clear(timestamp: int) -> None:
    """Drop files that were previewed a day ago, with their rows."""
    clear_intakes(Context.make("worker:registry", {"registry.import"}, clock.now(), source="worker"))
