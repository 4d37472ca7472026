"""Django is ready before the modules of this folder are collected, so that they import at the top."""

import pytest


def pytest_pycollect_makemodule(module_path, parent):
    """Let the root conftest prepare the template database and Django."""
    for plugin in parent.config.pluginmanager.get_plugins():
        prepare = getattr(plugin, "_prepare", None)
        if prepare is not None:
            prepare()
    return pytest.Module.from_parent(parent, path=module_path)
