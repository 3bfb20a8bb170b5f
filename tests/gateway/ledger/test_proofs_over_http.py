"""Proofs, checkpoints and corrections over the API, checked with nothing but what it answers."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from gateway.ledger import notes
from gateway.ledger.sealed import KEY, SIGNER, build
from strongroom_gateway.api.app import admin_app, read_app
from strongroom_gateway.config import Config, settings
from strongroom_gateway.config_check import typed
from strongroom_gateway.ledger.reader import Reader
from strongroom_gateway.ledger.verify.note import read_checkpoint
from strongroom_gateway.ledger.verify.proof import check_proof
from strongroom_gateway.ledger.verify.tree import check_consistency, check_inclusion
from strongroom_gateway.running import Gateway
from strongroom_gateway.transport.fake import FakeTransport
from support.sensing import PLAIN
from support.waiting import wait_for


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    build(tmp_path / "ledger.db")
    record = Reader(tmp_path / "ledger.db")
    source: Any = SimpleNamespace(record=record, settings=settings(typed(PLAIN, Config)))
    yield TestClient(read_app(source, ["testserver"]), headers={"accept-language": "en"})
    record.close()


def ask(client: TestClient, path: str) -> Any:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_inclusion_proof_leads_from_the_entry_to_a_signed_root(client: TestClient) -> None:
    for idx in (0, 13, 36):
        found = ask(client, f"proofs/inclusion?idx={idx}")
        assert (found["idx"], found["size"], found["tree"]) == (idx, 37, "sha256")
        root = bytes.fromhex(found["root"])
        path = [bytes.fromhex(one) for one in found["hashes"]]
        leaf = bytes.fromhex(ask(client, f"entries/{idx}")["leaf"])
        assert leaf.hex() == found["leaf"]
        check_inclusion(hashlib.sha256, idx, 37, leaf, path, root)
        assert notes.checkpoint(found["checkpoint"], SIGNER.public) == ("strongroom/r1", 37, root)


def test_the_size_may_be_chosen(client: TestClient) -> None:
    assert ask(client, "proofs/inclusion?idx=3&size=25")["checkpoint"].startswith(
        "strongroom/r1\n25"
    )
    found = ask(client, "proofs/inclusion?idx=3&size=26")
    assert (found["size"], found["checkpoint"]) == (26, None)
    assert ask(client, "proofs/inclusion?idx=38")["size"] == 40  # not signed yet


def test_a_consistency_proof_joins_two_checkpoints(client: TestClient) -> None:
    page = ask(client, "checkpoints")
    heads = [read_checkpoint(one["note"].encode(), [KEY]) for one in page["checkpoints"]]
    assert [one["id"] for one in page["checkpoints"]] == [1, 2, 3]
    assert [one.size for one in heads] == [12, 25, 37]
    for old, new in [(0, 1), (0, 2), (1, 2)]:
        first, second = heads[old], heads[new]
        found = ask(client, f"proofs/consistency?from={first.size}&to={second.size}")
        path = [bytes.fromhex(one) for one in found["hashes"]]
        check_consistency(
            hashlib.sha256, (first.size, first.root), (second.size, second.root), path
        )
        assert found["first_root"] == first.root.hex()
        assert found["second_root"] == second.root.hex()
    assert ask(client, "proofs/consistency?from=12")["second"] == 40


def test_checkpoints_are_paged(client: TestClient) -> None:
    page = ask(client, "checkpoints?limit=2")
    assert [one["size"] for one in page["checkpoints"]] == [12, 25]
    page = ask(client, f"checkpoints?limit=2&after={page['next']}")
    assert ([one["size"] for one in page["checkpoints"]], page["next"]) == ([37], None)
    assert [
        one["size"] for one in ask(client, "checkpoints?newest=true&limit=1")["checkpoints"]
    ] == [37]


def test_a_proof_file_is_handed_out(client: TestClient) -> None:
    answer = client.get("/api/v1/proofs/file?idx=13")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'filename="entry-13.tlog-proof"' in answer.headers["content-disposition"]
    assert check_proof(answer.content, [KEY]).entry["idx"] == 13


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("proofs/inclusion?idx=40", 404),
        ("proofs/inclusion?idx=3&size=41", 404),
        ("proofs/inclusion?idx=3&size=3", 404),
        ("proofs/consistency?from=0", 404),
        ("proofs/consistency?from=5&to=4", 404),
        ("proofs/file?idx=40", 404),
        ("proofs/file?idx=38", 409),
        ("proofs/inclusion", 422),
        ("proofs/inclusion?idx=-1", 422),
    ],
)
def test_what_cannot_be_proven_is_refused_in_words(
    client: TestClient, path: str, status: int
) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status
    if status != 422:
        assert set(answer.json()) == {"detail"}
        chinese = client.get(f"/api/v1/{path}", headers={"accept-language": "zh"})
        assert chinese.json()["detail"] != answer.json()["detail"]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    (tmp_path / "ledger.key").write_text(SIGNER.private)
    (tmp_path / "kept").mkdir()
    signing = {"key": str(tmp_path / "ledger.key"), "entries": 1, "export": str(tmp_path / "kept")}
    sections = {
        "ledger": {"path": str(tmp_path / "ledger.db"), "checkpoint": signing},
        "api": {"port": 0},
    }
    made = Gateway(settings(typed(PLAIN | sections, Config)), FakeTransport())
    made.start()
    yield made
    made.stop()


def test_a_running_gateway_signs_what_it_records_and_keeps_it_elsewhere_too(
    gateway: Gateway, tmp_path: Path
) -> None:
    found = wait_for(lambda: gateway.reader.checkpoints(newest=True, limit=1), what="a checkpoint")
    wait_for(lambda: list((tmp_path / "kept").iterdir()), what="a kept checkpoint")
    assert notes.checkpoint(found[0].note, SIGNER.public)[0] == "strongroom/r1"


def test_an_entry_is_corrected_over_the_local_socket_only(gateway: Gateway) -> None:
    wait_for(lambda: gateway.reader.head().size, what="the first entry")
    first = gateway.reader.entry(0)
    assert first is not None
    assert first.kind == "gateway.started"
    local = TestClient(
        admin_app(gateway.surface, gateway.surface), headers={"accept-language": "en"}
    )
    body = {"who": "Li Wen", "why": "wrong label", "changes": {"version": "0.0"}}
    answer = local.post("/api/v1/entries/0/corrections", json=body | {"id": "c-1"})
    assert (answer.status_code, answer.json()["id"]) == (200, "c-1"), answer.text
    expected = {"version": {"was": first.body["version"], "is": "0.0"}}
    assert answer.json()["body"]["changes"] == expected
    assert len(gateway.reader.corrections(0)) == 1, "the answer comes once it is on the disk"
    again = local.post("/api/v1/entries/0/corrections", json=body | {"id": "c-1"})
    assert (again.status_code, again.json()) == (200, answer.json())
    assert len(gateway.reader.corrections(0)) == 1, "with its id it is made once"
    shown = local.get("/api/v1/entries/0").json()
    new = local.get(f"/api/v1/entries/{shown['superseded_by']}").json()
    assert (new["kind"], new["body"]) == ("correction", answer.json()["body"])
    assert shown["body"] == first.body

    for idx, status in ((999, 404), (0, 409), (new["idx"], 409)):
        answer = local.post(f"/api/v1/entries/{idx}/corrections", json=body)
        assert answer.status_code == status, answer.text
        assert answer.json()["detail"]
    outside = TestClient(read_app(gateway.surface, ["testserver"]))
    assert outside.post("/api/v1/entries/0/corrections", json=body).status_code in (404, 405)


def test_a_gateway_that_cannot_sign_is_not_well(gateway: Gateway, tmp_path: Path) -> None:
    assert gateway.checkpoints is not None
    wait_for(gateway.reader.checkpoints, what="a checkpoint")
    (tmp_path / "ledger.key").unlink()
    gateway.checkpoints.request()
    wait_for(
        lambda: "health.no_checkpoint" in [one.key for one in gateway.surface.troubles()],
        what="the trouble",
    )
