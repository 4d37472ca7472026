"""Where the embedded database keeps its files, and what it remembers between starts.

COUNTERFLOW_HOME/lock                    held while somebody starts or stops the server
COUNTERFLOW_HOME/pg/<major>/data/        the cluster
                            server.json  port and generated passwords, readable by its owner only
                            server.log   what PostgreSQL says
A checkout keeps its home inside itself, so two checkouts never share books.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from counterflow.config.database_errors import HomeUnusable

ROOT_HOME = Path("/var/lib/counterflow")
ELSEWHERE = "pg-elsewhere"
CHECKOUT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Remembered:
    """What must survive a restart: the port and the two generated passwords."""

    port: int
    owner_password: str
    app_password: str


@dataclass(frozen=True)
class Layout:
    """The folder of one cluster, named by its PostgreSQL major version."""

    folder: Path

    @property
    def major(self) -> int:
        return int(self.folder.name)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def memory(self) -> Path:
        return self.folder / "server.json"

    def recall(self) -> Remembered | None:
        """Read what was remembered; None when this cluster was never made."""
        try:
            return Remembered(**json.loads(self.memory.read_text()))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise HomeUnusable(folder=self.folder, reason=error.strerror) from error
        except (ValueError, TypeError) as error:
            raise HomeUnusable(folder=self.folder, reason=f"{self.memory.name} is damaged") from error

    def remember(self, memory: Remembered) -> None:
        """Write atomically, so that a reader never sees half a file."""
        write_secret(self.memory, json.dumps(asdict(memory)))

    def move_port(self, port: int) -> Remembered:
        """Remember another port, keeping the passwords."""
        memory = self.recall()
        if memory is None:
            raise HomeUnusable(
                folder=self.folder,
                reason=f"{self.memory.name}, which holds the passwords, is missing",
            )
        memory = replace(memory, port=port)
        self.remember(memory)
        return memory


def write_secret(path: Path, text: str) -> None:
    """Replace a file in one step; only the owner of its folder can read it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        if os.geteuid() == 0:
            folder = path.parent.stat()
            os.chown(draft, folder.st_uid, folder.st_gid)
        draft.replace(path)
    except OSError as error:
        raise HomeUnusable(folder=path.parent, reason=error.strerror) from error


def home() -> Path:
    """COUNTERFLOW_HOME; else inside the checkout; else the user's data folder."""
    named = os.environ.get("COUNTERFLOW_HOME")
    if named:
        return Path(named).expanduser().absolute()
    if (CHECKOUT / "pyproject.toml").is_file() and os.access(CHECKOUT, os.W_OK):
        return CHECKOUT / ".counterflow"
    if os.geteuid() == 0:
        return ROOT_HOME
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser().absolute() / "counterflow"


def lock() -> Path:
    """The file to hold while starting or stopping this home's server; makes the home."""
    make_folder(home())
    return home() / "lock"


def clusters() -> Path:
    """The folder of clusters: HOME/pg, or where root had to move it."""
    base = home()
    try:
        moved = (base / ELSEWHERE).read_text().strip()
    except FileNotFoundError:
        return base / "pg"
    except OSError as error:
        raise HomeUnusable(folder=base, reason=error.strerror) from error
    return Path(moved)


def existing() -> list[Layout]:
    """Clusters already made below the home, newest version first."""
    try:
        found = [
            Layout(folder)
            for folder in clusters().iterdir()
            if folder.name.isdigit() and (folder / "data" / "PG_VERSION").exists()
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise HomeUnusable(folder=clusters(), reason=error.strerror) from error
    return sorted(found, key=lambda layout: layout.major, reverse=True)


def move_elsewhere() -> Path:
    """Give root's clusters a folder outside a home that the server's user may not enter.

    The new folder has a random name, noted in the home: a home made afresh never finds old books.
    """
    base = home()
    target = ROOT_HOME / f"elsewhere-{secrets.token_hex(6)}"
    make_folder(base)
    make_folder(target)
    write_secret(base / ELSEWHERE, f"{target}\n")
    return target


def make_folder(folder: Path) -> None:
    """Create a folder for ourselves alone.

    What root makes in a user's folder is the user's, so that the user can go on without root. What it
    makes in its own can be passed through, because the server runs as another user.
    """
    try:
        for part in [*reversed(folder.parents), folder]:
            if not part.exists():
                part.mkdir(exist_ok=True)
                above = part.parent.stat()
                if os.geteuid() == 0 and above.st_uid != 0:
                    os.chown(part, above.st_uid, above.st_gid)
                part.chmod(0o711 if part.stat().st_uid == 0 else 0o700)
    except OSError as error:
        raise HomeUnusable(folder=folder, reason=error.strerror) from error
    if not folder.is_dir():
        raise HomeUnusable(folder=folder, reason="it is not a folder")
