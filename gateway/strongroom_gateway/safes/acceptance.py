"""Certificates are handed over by three people, apart from the files (C5, C8, C11, C13).

Project manager A offers a list; project manager B and a certificate custodian each say what they
count: name, number and how many. Only when all three agree is anything accepted, and then all of
it. From then on the custodian answers for it, until the safe's reader hears it in the safe.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ..custody.register import move
from ..errors import RefusedActError
from ..loans.lending import end_of_working_day
from ..register.checks import Batch
from ..register.checks import item as checked_item
from ..room.acts import Act, act
from ..room.context import Context
from ..room.effects import Effect, Effects, Record, Wake
from ..room.model import WITH_HOLDER, CertificateKind, Item, Person
from ..room.projections import projects
from ..room.rows import Put, Row, RowsView, note, put, row

RULE: Final = "certificate.transfer"
OVERDUE: Final = "certificate.not_accepted"
"""Name of the rule that names who waits, and of its alarm."""
ROOM: Final = "room"
"""Its only key."""
OPEN: Final = "transfer_open"
_LOOK: Final = Wake(OVERDUE, ROOM)
Line = Annotated[str, Meta(min_length=1, max_length=200)]
_Transfer = Annotated[str, Meta(max_length=32)]


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line of the list: one original, by its name and certificate number (权证号)."""

    name: Line
    number: Line
    certificate: CertificateKind
    tags: tuple[str, ...] = ()
    pages: int | None = None


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody counted of a line: its name and number."""

    name: Line
    number: Line


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list (权证移交清单) for a safe, who checks it beside A, and of which project."""

    certificates: Annotated[tuple[Certificate, ...], Meta(min_length=1, max_length=200)]
    handler_b: Line
    safe: Line
    project: Line


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What B or the custodian counts of a transfer, line by line, and how many."""

    transfer: _Transfer
    counted: Annotated[tuple[Counted, ...], Meta(max_length=200)]
    count: Annotated[int, Meta(ge=0, le=200)]


class Rejection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a transfer is sent back."""

    transfer: _Transfer
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@row("transfer")
class Transfer(Row, frozen=True):
    """A list on its way: who signed it so far. All sign the same digest."""

    certificates: tuple[Certificate, ...]
    digest: str
    safe: str
    project: str
    handler_a: str
    handler_b: str
    signed_b: str | None = None
    custodian: str | None = None
    state: Literal["offered", "accepted", "rejected"] = "offered"
    due: int | None = None
    """By when it is to be accepted, Unix ms."""


@projects("certificate.offered")
def offered(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Keep the list until three have signed it."""
    yield put(msgspec.convert(body["transfer"], Transfer))
    yield note("serial", "transfer", body["transfer"]["id"][1:])
    yield note(OPEN, body["transfer"]["id"])


@projects("certificate.confirmed", "certificate.rejected", "certificate.accepted")
def signed(kind: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """Note a signature, or how it ended."""
    transfer = rows.get(Transfer, body["transfer"])
    if transfer is None:
        return
    if kind == "certificate.confirmed":
        yield put(msgspec.structs.replace(transfer, **{_SLOTS[body["role"]]: body["by"]}))
        return
    state = "accepted" if kind == "certificate.accepted" else "rejected"
    yield put(msgspec.structs.replace(transfer, state=state))
    yield Put(OPEN, transfer.id, None)


@projects("movement.accepted")
def accepted(_: str, body: Mapping[str, Any], at: int, rows: RowsView) -> Iterator[Put]:
    """An original is in the custodian's hands."""
    return move(body["item"], body["holder"], body["place"], at, rows)


_SLOTS: Final = {"handler_b": "signed_b", "certificate_custodian": "custodian"}


@act("certificate.offer", body=Offer, roles=("handler_a",))
def offer(asked: Act[Offer], now: int, ctx: Context) -> Effects:
    """Project manager A lists the originals to hand over; the list may hold nothing else (C8)."""
    body = asked.body
    b = ctx.person(body.handler_b)
    if b is None or not b.active or "handler_b" not in b.roles or b.id == asked.by:
        raise RefusedActError("act.not_handler_b", {"person": body.handler_b})
    if body.safe not in ctx.safes:
        raise RefusedActError("act.unknown_safe", {"safe": body.safe})
    doubles = [n for n, many in Counter(c.number for c in body.certificates).items() if many > 1]
    if doubles:
        raise RefusedActError("act.line_twice", {"number": doubles[0]})
    last = ctx.rows.points("serial", "transfer")
    transfer = Transfer(
        id=f"T{1 + int(last or 0):06d}",
        certificates=body.certificates,
        digest=digest(body.certificates),
        safe=body.safe,
        project=body.project,
        handler_a=asked.by,
        handler_b=b.id,
        due=end_of_working_day(now, ctx.safes[body.safe].accept_days, ctx),
    )
    _items(transfer, ctx)  # what could not be registered at the end is refused now
    entry = {"by": asked.by, "transfer": msgspec.to_builtins(transfer), "at": now}
    return [Record("certificate.offered", entry), _LOOK]


@act("certificate.confirm", body=Confirmation, roles=("handler_b", "certificate_custodian"))
def confirm(asked: Act[Confirmation], now: int, ctx: Context) -> Effects:
    """B, then a custodian, sign what they counted; the third signature accepts the whole list."""
    transfer = _open(asked.body.transfer, ctx)
    role = _role(transfer, asked.person, ctx)
    _compare(transfer, asked.body, ctx)
    entry = {
        "by": asked.by,
        "role": role,
        "transfer": transfer.id,
        "digest": transfer.digest,
        "count": len(transfer.certificates),
        "at": now,
    }
    effects: list[Effect] = [Record("certificate.confirmed", entry)]
    if role == "handler_b":
        return effects
    why = {"rule": RULE, "transfer": transfer.id, "at": now, "at_source": "received"}
    for item in _items(transfer, ctx):
        effects.append(
            Record("item.registered", {"by": asked.by, "item": msgspec.to_builtins(item)})
        )
        body = {
            "item": item.id,
            "person": asked.by,
            "holder": asked.by,
            "place": WITH_HOLDER,
            "safe": transfer.safe,
            "why": why,
        }
        effects.append(Record("movement.accepted", body))
    parties = {
        "handler_a": transfer.handler_a,
        "handler_b": transfer.signed_b,
        "certificate_custodian": asked.by,
    }
    agreed = {
        "transfer": transfer.id,
        "digest": transfer.digest,
        "count": len(transfer.certificates),
        "parties": parties,
        "safe": transfer.safe,
        "project": transfer.project,
        "by": asked.by,
        "at": now,
    }
    return [*effects, Record("certificate.accepted", agreed), _LOOK]


@act(
    "certificate.reject", body=Rejection, roles=("handler_a", "handler_b", "certificate_custodian")
)
def reject(asked: Act[Rejection], now: int, ctx: Context) -> Effects:
    """Any of the three sends the list back, with the reason; nothing of it is accepted."""
    transfer = _open(asked.body.transfer, ctx)
    person = asked.person
    others = (transfer.handler_a, transfer.handler_b)
    if person is None or (person.id not in others and "certificate_custodian" not in person.roles):
        raise RefusedActError("act.not_party", {"transfer": transfer.id})
    entry = {"by": asked.by, "transfer": transfer.id, "reason": asked.body.reason, "at": now}
    return [Record("certificate.rejected", entry), _LOOK]


def digest(certificates: tuple[Certificate, ...]) -> str:
    """Return the SHA-256 of a list, the same for all three copies of it."""
    return hashlib.sha256(msgspec.json.encode(certificates, order="sorted")).hexdigest()


def _open(name: str, ctx: Context) -> Transfer:
    transfer = ctx.rows.get(Transfer, name)
    if transfer is None or transfer.state != "offered":
        raise RefusedActError("act.no_transfer", {"transfer": name})
    return transfer


def _role(transfer: Transfer, person: Person | None, ctx: Context) -> str:
    """Return as whom somebody signs; three different people sign, each once."""
    if person is None:
        raise RefusedActError("act.not_party", {"transfer": transfer.id})
    if transfer.signed_b is None:
        if person.id != transfer.handler_b:
            name = ctx.person_name(transfer.handler_b)
            raise RefusedActError("act.b_first", {"transfer": transfer.id, "person": name})
        return "handler_b"
    if person.id in (transfer.handler_a, transfer.signed_b):
        raise RefusedActError("act.signed_already", {"person": person.name})
    if "certificate_custodian" not in person.roles:
        raise RefusedActError("act.not_party", {"transfer": transfer.id})
    return "certificate_custodian"


def _compare(transfer: Transfer, counted: Confirmation, ctx: Context) -> None:
    """Refuse what differs, naming the first line that does."""
    wanted = {c.number: c.name for c in transfer.certificates}
    found = {c.number: c.name for c in counted.counted}
    for number, name in wanted.items():
        if number not in found:
            raise RefusedActError("act.line_missing", {"name": name, "number": number})
        if found[number] != name:
            params = {"number": number, "listed": name, "counted": found[number]}
            raise RefusedActError("act.line_differs", params)
    for number, name in found.items():
        if number not in wanted:
            raise RefusedActError("act.line_extra", {"name": name, "number": number})
    if not counted.count == len(counted.counted) == len(wanted):
        raise RefusedActError(
            "act.count_differs", {"listed": len(wanted), "counted": counted.count}
        )


def _items(transfer: Transfer, ctx: Context) -> list[Item]:
    """Return the items a transfer becomes; RefusedActError for one that cannot be registered."""
    section = ctx.safes.get(transfer.safe)
    if section is None:  # taken out of the configuration since
        raise RefusedActError("act.unknown_safe", {"safe": transfer.safe})
    place = section.place or section.id
    batch, items = Batch(), []
    for n, c in enumerate(transfer.certificates, 1):
        row: dict[str, object] = {
            "id": f"{transfer.id}-{n:03d}",
            "name": c.name,
            "kind": "certificate",
            "number": c.number,
            "certificate": c.certificate,
            "tags": list(c.tags),
            "pages": c.pages,
            "project": transfer.project,
            "home": place,
        }
        items.append(checked_item(row, ctx, batch))
        batch.add(items[-1])
    return items
