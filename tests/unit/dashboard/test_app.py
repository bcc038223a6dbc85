"""The dashboard answers what pages ask, and nobody who may not ask."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from tunebook.dashboard.feed import study_feed
from tunebook.dashboard.queries import Queries
from tunebook.dashboard.security import COOKIE, POLICY
from tunebook.records import DriverStarted, TrialNumber, TrialReported
from tunebook.testing.samples import sample_series, sample_spec, sample_start

SEQ = 17
"""The last event of the study in the store."""


def apart(work):
    """Run a coroutine in a thread of its own: a browser's tests keep a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_list_study_trials_curves_and_parameters_are_there(browser):
    (row,) = browser.get("/api/studies").json
    assert (row["name"], row["n_trials"], row["best_value"]) == ("digits", 3, 0.7)
    study = browser.get("/api/studies/digits").json
    assert study["seq"] == SEQ
    assert study["counts"] == {"done": 3}
    rows = browser.get("/api/studies/digits/trials?sort=value&descending=1&limit=2").json["rows"]
    assert [r["number"] for r in rows] == [2, 1]
    curves = browser.get("/api/studies/digits/curves?trial=1&trial=99").json
    assert [(c["trial"], len(c["steps"])) for c in curves["curves"]] == [(1, 10)]
    trial = browser.get("/api/studies/digits/trials/2").json
    assert trial["row"]["value"] == 0.7
    assert browser.get("/api/studies/digits/parameters").json["importance_refusal"]
    assert browser.get("/api/compare?study=digits").json["ranks"] == {"digits": 1}
    assert browser.get("/api/compare?study=digits&study=digits").json["order"] == ["digits"]


def test_log_of_a_trial_is_shown_and_no_other_file(browser, tmp_path):
    logs = tmp_path / "logs" / "digits"
    logs.mkdir(parents=True)
    (logs / "00001.log").write_text("epoch 1\n")
    (tmp_path / "secret").write_text("secret")
    assert browser.get("/api/studies/digits/trials/1").json["log_tail"] == "epoch 1\n"
    for path in ("/static/../secret", "/static/%2e%2e/app.py", "/api/studies/..%2f..%2fsecret"):
        answer = browser.get(path)
        assert answer.status == 404
        assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("name", ["a/trials", "b/requests", "c%2Fd", "e?f#g", "h/../i", "é" * 200])
def test_study_of_any_name_has_addresses_of_its_own(browser, store, name):
    study = store.create_study(sample_spec(name), 0.0)
    store.append(study, [DriverStarted(0.0, "host:1", 1), *sample_start(0)], 1)
    address = f"/api/studies/{quote(name, safe='')}"
    assert browser.get(address).json["name"] == name
    assert browser.get(f"{address}/trials").json["total"] == 1
    assert browser.get(f"{address}/trials/0").json["row"]["number"] == 0
    assert browser.get(f"{address}/curves").json["metric"] == "val_accuracy"
    assert browser.post(f"{address}/requests", {"kind": "stop study"}).status == 202
    assert [one.kind for one in store.requests_after(study, 0)] == ["stop study"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/studies/digitz", 404),
        ("/api/studies/digits/trials/99", 400),
        ("/api/studies/digits/trials?sort=nothing", 400),
        ("/api/studies/digits/trials?offset=-1", 400),
        ("/api/studies/digits/trials?state=dune", 400),
        ("/api/nothing", 404),
    ],
)
def test_wrong_question_gets_a_sentence(browser, address, status):
    answer = browser.get(address)
    assert answer.status == status
    assert len(answer.json["error"]) > 10


def test_without_the_token_nothing_is_answered(browser):
    for address in ("/", "/api/studies", "/static/app.js"):
        assert browser.get(address, cookie="").status == 401
        assert browser.get(address, cookie=f"{COOKIE}_80=wrong").status == 401
    assert browser.get("/api/studies", cookie="", authorization="Bearer a-token").status == 200


def test_token_of_the_printed_address_becomes_a_cookie_and_leaves_the_address(browser):
    answer = browser.get("/?token=a-token", cookie="")
    assert answer.status == 303
    assert answer.headers["location"] == "/"
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=strict" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_wrong_host_is_turned_away_even_with_the_token(browser, host):
    assert browser.get("/api/studies", host=host or "x").status == 421


def test_wish_of_another_page_is_turned_away(browser, store):
    wish = {"kind": "stop study"}
    address = "/api/studies/digits/requests"
    assert browser.post(address, wish, origin="https://evil.example").status == 403
    assert browser.post(address, wish, origin="").status == 403
    assert store.requests_after(store.find_study("digits")) == []


def test_wish_becomes_a_request_that_is_shown_until_it_is_obeyed(browser, store):
    wish = {"kind": "stop trial", "body": {"trial": 2}}
    assert browser.post("/api/studies/digits/requests", wish).status == 202
    (request,) = store.requests_after(store.find_study("digits"))
    assert (request.kind, dict(request.body)) == ("stop trial", {"trial": 2})
    assert browser.get("/api/studies/digits").json["requests"][0]["kind"] == "stop trial"


@pytest.mark.parametrize("wish", [{"kind": "delete everything"}, {}, [], "x"])
def test_wish_that_is_none_is_refused(browser, wish):
    assert browser.post("/api/studies/digits/requests", wish).status in {400, 500}


def test_every_answer_has_the_strict_policy(browser):
    for address in ("/api/studies", "/static/nothing.js", "/api/nothing"):
        answer = browser.get(address)
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "unsafe" not in POLICY


def next_update(queries, after: int) -> dict:
    async def listen() -> dict:
        async for text in study_feed(queries, "digits", after):
            if text.startswith("id:"):
                head, data = text.strip().split("\n", 1)
                return {
                    "id": int(head.removeprefix("id: ")),
                    **json.loads(data.removeprefix("data: ")),
                }
        raise AssertionError("the feed ended")

    return apart(asyncio.wait_for(listen(), 5))


def test_feed_tells_exactly_what_came_after_the_last_event_seen(queries, store):
    study = store.find_study("digits")
    store.append(study, sample_start(3), SEQ)
    series = {"val_accuracy": sample_series(1, 2, 0.9)}
    store.append(study, [TrialReported(9.0, TrialNumber(3), series)], SEQ + 2)
    update = next_update(queries, SEQ)
    assert (update["id"], update["seq"]) == (SEQ + 3, SEQ + 3)
    assert [row["number"] for row in update["trials"]] == [3]
    assert update["points"]["val_accuracy"][0]["steps"] == [1, 2]
    assert update["study"]["counts"] == {"done": 3, "running": 1}
    later = next_update(queries, SEQ + 2)
    assert later["seq"] == SEQ + 3
    assert queries.update("digits", SEQ + 3) is None


def test_feed_of_a_deleted_study_says_so(queries, store):
    store.delete_study(store.find_study("digits"))

    async def listen() -> list[str]:
        return [text async for text in study_feed(queries, "digits", 0)]

    assert apart(listen())[-1].startswith("event: gone")


def test_findings_are_made_beside_the_answering_and_sent_when_they_are_there(store, tmp_path):
    now, waiting = [0.0], []
    queries = Queries(store, tmp_path, clock=lambda: now[0], start=waiting.append)
    assert queries.study("digits").findings_seq == SEQ
    store.append(store.find_study("digits"), sample_start(3), SEQ)
    now[0] = 100.0
    assert queries.study("digits").findings_seq == SEQ
    assert queries.update("digits", SEQ + 2, SEQ) is None
    (look,) = waiting
    look()
    update = queries.update("digits", SEQ + 2, SEQ)
    assert (update.seq, update.study.findings_seq, update.trials) == (SEQ + 2, SEQ + 2, [])
    assert queries.update("digits", SEQ + 2, SEQ + 2) is None
    assert len(waiting) == 1
