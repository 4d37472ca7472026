"""Django's entry for backtests."""

from django.apps import AppConfig


class BacktestsConfig(AppConfig):
    """The tables of backtests."""

    name = "counterflow.backtests"
    label = "backtests"
