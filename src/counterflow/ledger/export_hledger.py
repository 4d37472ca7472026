"""The journal in hledger's syntax (ledger reads it too). `hledger check -s ordereddates` proves it."""

from typing import TextIO

from counterflow.kernel.money import places
from counterflow.ledger import export_names as names
from counterflow.ledger.export import Balance, Books
from counterflow.ledger.export_beancount import Beancount
from counterflow.ledger.journal import EntryRow, LineRow


class Hledger(Beancount):
    """Same accounts and commodities as the beancount file, in the other notation."""

    def __init__(self, books: Books, out: TextIO) -> None:
        super().__init__(books, out)
        # A commodity with digits or hyphens is quoted.
        self.commodities = {item: f'"{name}"' for item, name in self.commodities.items()}

    def begin(self) -> None:
        """Commodities, accounts, and one entry for what was there before the period."""
        books = self.books
        currencies = set(books.entities.values())
        lines = ["; Counterflow journal"]
        lines += [f"commodity {names.decimal(100_000 * 10 ** places(c), c)}{_mark(c)} {c}" for c in sorted(currencies)]
        if books.scope.units:
            for item, name in self.commodities.items():
                lines.append(f"commodity {name}  ; item:{item}, sku:{_comment(books.names.items[item])}")
        for (_, code), account in sorted(self.money.items(), key=lambda pair: pair[1]):
            lines.append(f"account {account}  ; name:{_comment(books.accounts[code].name)}")
        if books.scope.units:
            lines += [f"account {account}" for account in sorted(self.units.values())]
        if books.opening:
            lines += ["", f"{books.first} * opening | Balances before {books.first}"]
            lines += [f"    {self._account(b)}  {self._balance(b)}" for b in books.opening]
        self.out.write("\n".join(lines) + "\n")

    def entry(self, entry: EntryRow) -> None:
        """One transaction; its code is the id of the entry."""
        back = f", reverses:{entry.reverses}" if entry.reverses else ""
        self.out.write(
            f"\n{entry.accounting_date} * ({entry.id}) {entry.kind} | Entry {entry.id}"
            f"  ; happened:{entry.happened_at.isoformat()}, recorded:{entry.recorded_at.isoformat()}\n"
            f"    ; command:{entry.command_id}, digest:{entry.digest}{back}\n"
            + "".join(self._line(line) for line in entry.lines)
        )

    def _line(self, line: LineRow) -> str:
        if line.component == "qty":
            account, amount = self.units[line.entity, line.state], f"{line.amount} {self.commodities[line.item_id]}"
        else:
            account = self.money[line.entity, line.account]
            amount = f"{names.decimal(line.amount, line.currency)} {line.currency}"
        tags = [f"subject:{line.subject_id}"] if line.subject_id else []
        if line.tx_currency and line.tx_currency != line.currency:
            tags.append(f"agreed:{names.decimal(line.tx_amount, line.tx_currency)} {line.tx_currency}")
            tags.append(f"rate:{line.rate.normalize():f}")
        return f"    {account}  {amount}{'  ; ' + ', '.join(tags) if tags else ''}\n"

    def end(self) -> None:
        """One transaction of zeros on the last day, each with the balance it must find."""
        if self.books.last is None or not self.books.closing:
            return
        self.out.write(f"\n{self.books.last} * closing | Balances at the end of {self.books.last}\n")
        for balance in self.books.closing:
            self.out.write(f"    {self._account(balance)}  {self._zero(balance)} = {self._balance(balance)}\n")

    def _zero(self, balance: Balance) -> str:
        return self._balance(Balance(balance.entity, balance.account, balance.item_id, balance.currency, 0))


def _mark(currency: str) -> str:
    """hledger wants a decimal mark in the sample of a commodity, decimals or not."""
    return "" if places(currency) else "."


def _comment(value: str) -> str:
    """A tag's value ends at a comma or the line's end."""
    return " ".join(value.replace(",", " ").split())
