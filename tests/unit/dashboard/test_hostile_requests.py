"""No request makes the server fail, stop for others, store too much, or send anybody elsewhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from tunebook.dashboard.app import MAX_BODY
from tunebook.dashboard.queries import MAX_COMPARED, Queries
from tunebook.records import Budget, DriverStarted, Event, NotesChanged, StudyId
from tunebook.storage.memory import MemoryStore
from tunebook.testing.samples import sample_spec, sample_start

ORIGIN = {"origin": "http://127.0.0.1:80"}
WISHES = b"/api/studies/digits/requests"


def wish(browser, content: bytes) -> int:
    return browser.raw("POST", WISHES, body=iter([content]), headers=ORIGIN).status


def endless(part: bytes, taken: list[int]) -> Iterator[bytes]:
    while True:
        taken.append(len(part))
        yield part


def test_body_without_a_length_is_read_up_to_the_limit_and_no_further(browser, store):
    taken: list[int] = []
    answer = browser.raw("POST", WISHES, body=endless(b"x" * 1000, taken), headers=ORIGIN)
    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    assert sum(taken) <= MAX_BODY + 1000
    assert store.requests_after(store.find_study("digits")) == []


def test_length_that_a_request_claims_counts_for_nothing(browser):
    small = json.dumps({"kind": "stop study"}).encode()
    for claim in ("999999999999", "-1", "many"):
        headers = ORIGIN | {"content-length": claim}
        assert browser.raw("POST", WISHES, body=iter([small]), headers=headers).status == 202


def test_body_of_many_parts_is_one_body(browser, store):
    content = json.dumps({"kind": "edit notes", "body": {"notes": "é" * 9000}}).encode()
    parts = (content[n : n + 1000] for n in range(0, len(content), 1000))
    assert browser.raw("POST", WISHES, body=parts, headers=ORIGIN).status == 202
    (request,) = store.requests_after(store.find_study("digits"))
    assert request.body == {"notes": "é" * 9000}


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 10_000 + b"]" * 10_000,
        b'{"kind": "enqueue", "body": ' + b'{"config": ' * 500 + b"1" + b"}" * 501,
        b'{"kind": "enqueue", "body": {"config": {"lr": [1]}}}',
        b'{"kind": "edit notes", "body": {"notes": [["x"]]}}',
        b'{"kind": "fly to the moon"}',
        b'{"kind": ["stop study"]}',
        b'{"kind": "stop study", "body": "x"}',
        b'{"kind": "stop trial", "body": {"trial": ' + b"9" * 5000 + b"}}",
        b'"stop study"',
        b"null",
        b"\xff\xfe",
        b"",
    ],
)
def test_wish_that_cannot_be_understood_is_refused(browser, store, content):
    assert wish(browser, content) == 400
    assert store.requests_after(store.find_study("digits")) == []


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("[::1", 421),
        ("127.0.0.1:99999", 421),
        ("127.0.0.1:x", 421),
        ("[::1]:80", 200),
        ("user@127.0.0.1:80", 200),
    ],
)
def test_any_host_gets_an_answer(browser, host, status):
    assert browser.get("/api/studies", host=host).status == status


@pytest.mark.parametrize("origin", ["http://[::1", "null", "http://127.0.0.1:80@evil", "x"])
def test_origin_that_is_not_this_page_is_turned_away(browser, origin):
    assert browser.get("/api/studies", origin=origin).status == 403


@pytest.mark.parametrize(
    "path", [b"//evil.example/", b"/%2Fevil.example/", b"///evil.example", b"/%5Cevil.example"]
)
def test_token_in_an_address_never_leads_to_another_host(browser, path):
    answer = browser.raw("GET", path, b"token=a-token")
    assert answer.status == 303
    assert answer.headers["location"].rstrip("/") == "/evil.example"


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "x", "1.5", "%31%00", "²"])
def test_number_that_no_trial_can_have_is_refused(browser, number):
    assert browser.get(f"/api/studies/digits/trials/{quote(number, safe='%')}").status == 400


def test_studies_are_compared_once_each_and_not_by_the_thousand(browser, store):
    same = "&".join(["study=digits"] * 3000)
    assert browser.get(f"/api/compare?{same}").json["order"] == ["digits"]
    many = "&".join(f"study=s{n}" for n in range(MAX_COMPARED + 1))
    answer = browser.get(f"/api/compare?{many}")
    assert answer.status == 400
    assert f"at most {MAX_COMPARED}" in answer.json["error"]


def test_repeated_values_of_a_query_count_once(browser):
    trials = "&".join(["trial=1"] * 3000)
    assert len(browser.get(f"/api/studies/digits/curves?{trials}").json["curves"]) == 1
    states = "&".join(["state=done"] * 3000)
    assert browser.get(f"/api/studies/digits/trials?{states}").json["total"] == 3


def test_parts_of_a_file_are_not_served(browser):
    ranges = "bytes=" + ",".join(f"{n}-{n + 1}" for n in range(0, 90, 3))
    assert browser.get("/static/app.js", range=ranges).status == 200


@pytest.fixture
def blocked(store, tmp_path):
    """Queries that judge ``digits`` in a thread of its own, stopped at the clock until the end."""
    waits, goes_on = threading.Event(), threading.Event()
    study = store.create_study(sample_spec("other"), 0.0)
    store.append(study, [DriverStarted(0.0, "host:1", 1), *sample_start(0)], 1)

    def clock() -> float:
        if threading.current_thread() is judging:
            waits.set()
            goes_on.wait(60)
        return 0.0

    queries = Queries(store, tmp_path, clock=clock)
    judging = threading.Thread(target=queries.study, args=("digits",), daemon=True)
    judging.start()
    assert waits.wait(60)
    yield queries
    goes_on.set()
    judging.join(60)


def test_study_that_is_being_judged_keeps_nobody_waiting(blocked):
    found: list[object] = []

    def ask() -> None:
        found.append(blocked.study("other").name)
        found.append(len(blocked.studies()))
        found.append(blocked.curves("digits", "val_accuracy", None).metric)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(60)
    assert found == ["other", 2, "val_accuracy"]


class Noting:
    """A store that notes from which event on its logs are read."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.read_from: list[int] = []

    def events_after(self, study: StudyId, seq: int = 0) -> Sequence[tuple[int, Event]]:
        self.read_from.append(seq)
        return self._store.events_after(study, seq)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_stream_from_the_first_event_of_a_long_log_does_not_read_it_again(store, tmp_path):
    study = store.find_study("digits")
    seq = store.last_seq(study)
    store.append(study, [NotesChanged(1.0, "x")] * 20_000, seq)
    noting = Noting(store)
    queries = Queries(noting, tmp_path)
    queries.study("digits")
    noting.read_from.clear()
    update = queries.update("digits", 0)
    assert (update.seq, update.trials) == (seq + 20_000, [])
    assert 0 not in noting.read_from


def test_study_whose_name_holds_half_a_character_is_found_as_it_is_shown(browser, store):
    store.create_study(sample_spec("a\udcff", budget=Budget(trials=1)), 0.0)
    (shown,) = [row["name"] for row in browser.get("/api/studies").json if row["name"] != "digits"]
    assert browser.get(f"/api/studies/{quote(shown, safe='')}").json["name"] == shown == "a\\udcff"


texts = st.text(st.characters(exclude_categories=[]), max_size=20).map(
    lambda text: quote(text.encode("utf-8", "surrogatepass"), safe="%/")
)
words = st.sampled_from(
    [
        *("", "/", "..", "digits", "trials", "api", "studies", "curves", "events", "requests"),
        *("pages", "compare", "parameters", "static", "%00", "%ff", "%2f", "9" * 5000, "-1", "%"),
    ]
)
names = st.sampled_from(
    ["study", "trial", "state", "sort", "offset", "limit", "text", "metric", "token", "after", "x"]
)
queries_of = st.lists(st.tuples(names, texts | words), max_size=4).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
headers_of = st.dictionaries(
    st.sampled_from(["host", "origin", "range", "accept-encoding", "cookie", "authorization"]),
    st.text(st.characters(max_codepoint=255), max_size=20).map(lambda text: text.strip()),
    max_size=2,
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]),
    st.lists(words | texts, max_size=6).map(lambda parts: "/" + "/".join(parts)),
    queries_of,
    json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=50),
    headers_of,
)
def test_no_request_makes_the_server_fail(browser, method, path, query, body, headers):
    if path.rstrip("/").endswith("/events"):
        return  # a stream, which has no end
    parts = iter([body])
    answer = browser.raw(method, path.encode("latin-1"), query.encode(), parts, ORIGIN | headers)
    assert answer.status < 500
    location = answer.headers.get("location", "/")
    assert location.startswith("/")
    assert not location.startswith("//")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(["stop trial", "enqueue", "add budget", "edit notes"]), json_values)
def test_no_wish_makes_the_pages_fail(browser, kind, body):
    assert wish(browser, json.dumps({"kind": kind, "body": body}).encode()) in {202, 400}
    assert browser.get("/api/studies/digits").status == 200
