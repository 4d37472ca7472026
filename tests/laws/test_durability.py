"""What was acknowledged is there after the server was killed, and the books still hold.

A program of its own runs lives against an embedded server of its own and says each answer it got; the
server is killed without warning in the middle, started again, and asked.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
import django
django.setup()
from datetime import UTC, datetime
from company import ASKED, make_company
from counterflow.kernel.context import Context
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

ctx = lambda: Context.make("user:1", ["*"], datetime.now(UTC))
company = make_company(lambda *a, **k: ctx())
order = company.sell((("tee", 1000, 2000, 400),))
print("ready", flush=True)
for n in range(1000):
    line = AskedLine(1, "too_small", sku=company.sku())
    made = open_rmas(ctx(), items=[OpenRma(company.channel(), f"r{{n}}", (line,), order, ASKED)]).done[0]
    print("rma", made.facts["rma"], flush=True)
    unit = ReceiveUnit(lpn=f"L{{n}}", node=company.node(), sku=company.sku(), rma=made.facts["rma"])
    assert receive_units(ctx(), items=[unit]).done
    print("unit", f"L{{n}}", flush=True)
"""


def counterflow(env, *words):
    """Run the command line in an environment; its output."""
    command = [sys.executable, "-m", "counterflow.config.cli", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


def postmaster(env):
    """Process id of the embedded server."""
    folder = next(Path(env["COUNTERFLOW_HOME"]).glob("pg/*/data/postmaster.pid"), None)
    elsewhere = Path(env["COUNTERFLOW_HOME"]) / "pg-elsewhere"
    if folder is None and elsewhere.is_file():
        folder = next(Path(elsewhere.read_text().strip()).glob("**/postmaster.pid"))
    return int(folder.read_text().split("\n", 1)[0])


@pytest.fixture
def home():
    """An environment with an embedded server of its own, stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="counterflow-durability-") as folder:
        os.chmod(folder, 0o755)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_", "COUNTERFLOW_"))}
        env["COUNTERFLOW_HOME"] = str(Path(folder) / "home")
        yield env
        counterflow(env, "db", "stop")


def test_what_was_acknowledged_survives_a_killed_server(home):
    assert counterflow(home, "migrate", "--quiet").returncode == 0
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(tests=str(HERE.parent))],
        env={**home, "DJANGO_SETTINGS_MODULE": "counterflow.config.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    told = []
    for line in program.stdout:
        told.append(line.split())
        if len(told) == 60:
            os.kill(postmaster(home), signal.SIGKILL)
            break
    told += [line.split() for line in program.stdout]
    program.wait(timeout=60)
    assert program.returncode != 0, "the program goes on without a server"
    acknowledged = {(kind, name[0]) for kind, *name in told if name}
    assert len(acknowledged) >= 58

    deadline = time.monotonic() + 60
    while (url := counterflow(home, "db", "url")).returncode and time.monotonic() < deadline:
        time.sleep(0.2)
    assert counterflow(home, "db", "start").returncode == 0, url.stderr
    import psycopg

    with psycopg.connect(counterflow(home, "db", "url").stdout.strip()) as connection:
        there = {("rma", row[0]) for row in connection.execute("SELECT number FROM returns_rma")}
        there |= {("unit", row[0]) for row in connection.execute("SELECT lpn FROM receiving_unit")}
    assert acknowledged <= there
    proof = counterflow(home, "verify", "--full")
    assert proof.returncode == 0, proof.stdout
