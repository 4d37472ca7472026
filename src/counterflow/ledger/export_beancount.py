"""The journal in beancount's syntax. `bean-check` proves it: every entry balances, every closing balance is met."""

from datetime import timedelta
from typing import TextIO

from counterflow.ledger import export_names as names
from counterflow.ledger.export import Balance, Books
from counterflow.ledger.journal import EntryRow, LineRow


def _text(value: str) -> str:
    """A string of beancount."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


class Beancount:
    """Writes one file; an account is `Root:Entity:Account`, so several entities share it without meeting."""

    def __init__(self, books: Books, out: TextIO) -> None:
        self.books, self.out = books, out
        parts = names.entity_parts(books.entities)
        self.money = {
            (entity, code): f"{names.ROOTS[account.kind]}:{parts[entity]}:{names.account_part(code)}"
            for entity in books.entities
            for code, account in books.accounts.items()
        }
        self.units = {
            (entity, state): f"{names.units_root(state)}:{parts[entity]}:{names.units_part(state)}"
            for entity in books.entities
            for state in books.states
        }
        self.commodities = names.commodities(books.names.items, books.entities.values())

    def begin(self) -> None:
        """Options, commodities, accounts, and one entry for what was there before the period."""
        books = self.books
        lines = ['option "title" "Counterflow journal"']
        lines += [f'option "operating_currency" "{c}"' for c in sorted(set(books.entities.values()))]
        first = books.first
        if first is None:
            self.out.write("\n".join(lines) + "\n")
            return
        if books.scope.units:
            for item, name in self.commodities.items():
                lines += [f"{first} commodity {name}", f"  sku: {_text(books.names.items[item])}", f'  item: "{item}"']
        for (entity, code), account in sorted(self.money.items(), key=lambda pair: pair[1]):
            lines += [f"{first} open {account} {books.entities[entity]}", f"  name: {_text(books.accounts[code].name)}"]
        if books.scope.units:
            lines += [f"{first} open {account}" for account in sorted(self.units.values())]
        if books.opening:
            lines += ["", f'{first} * "opening" "Balances before {first}" ^opening']
            lines += [f"  {self._account(b)}  {self._balance(b)}" for b in books.opening]
        self.out.write("\n".join(lines) + "\n")

    def entry(self, entry: EntryRow) -> None:
        """One transaction, linked to its id and to the entry that it reverses."""
        link = f" ^entry-{entry.reverses}" if entry.reverses else ""
        self.out.write(
            f'\n{entry.accounting_date} * "{entry.kind}" "Entry {entry.id}" ^entry-{entry.id}{link}\n'
            f'  happened: "{entry.happened_at.isoformat()}"\n  recorded: "{entry.recorded_at.isoformat()}"\n'
            f'  command: "{entry.command_id}"\n  digest: "{entry.digest}"\n'
            + "".join(self._line(line) for line in entry.lines)
        )

    def _line(self, line: LineRow) -> str:
        if line.component == "qty":
            account, amount = self.units[line.entity, line.state], f"{line.amount} {self.commodities[line.item_id]}"
        else:
            account = self.money[line.entity, line.account]
            amount = f"{names.decimal(line.amount, line.currency)} {line.currency}"
        subject = f'    subject: "{line.subject_id}"\n' if line.subject_id else ""
        agreed = ""
        if line.tx_currency and line.tx_currency != line.currency:
            agreed = (
                f'    agreed: "{names.decimal(line.tx_amount, line.tx_currency)} {line.tx_currency}"\n'
                f'    rate: "{line.rate.normalize():f}"\n'
            )
        return f"  {account}  {amount}\n{subject}{agreed}"

    def end(self) -> None:
        """Assertions, which beancount checks at the start of a day: so of the day after the last."""
        if self.books.last is None:
            return
        day = self.books.last + timedelta(days=1)
        self.out.write("\n")
        for balance in self.books.closing:
            number, commodity = self._balance(balance).split(" ")
            self.out.write(f"{day} balance {self._account(balance)}  {number} ~ 0 {commodity}\n")

    def _account(self, balance: Balance) -> str:
        if balance.item_id:
            return self.units[balance.entity, balance.account]
        return self.money[balance.entity, balance.account]

    def _balance(self, balance: Balance) -> str:
        if balance.item_id:
            return f"{balance.amount} {self.commodities[balance.item_id]}"
        return f"{names.decimal(balance.amount, balance.currency)} {balance.currency}"
