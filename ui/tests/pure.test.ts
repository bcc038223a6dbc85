// The pure parts: folding updates, reading numbers. Run by scripts/ui with Node's own test runner.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, type Held, isTrialStale } from "../src/fold";
import { account } from "../src/views/account";
import { duration, figure, unitPlace, valueAt } from "../src/format";
import { visible } from "../src/text";
import type { CurveMessage, ParameterMessage, ParametersMessage, StudyMessage, TrialMessage, TrialRow, UpdateMessage } from "../src/messages";

const study = (seq: number) => ({ seq, name: "birds", counts: {} }) as unknown as StudyMessage;
const row = (number: number, state: string) => ({ number, state, step: 0 }) as unknown as TrialRow;
const curve = (trial: number, from: number, ...values: number[]): CurveMessage => ({
  trial,
  steps: values.map((_, i) => from + i),
  values,
  seconds: values.map((_, i) => from + i),
});
const update = (seq: number, rows: TrialRow[], points: CurveMessage[] = []): UpdateMessage => ({
  seq,
  study: study(seq),
  trials: rows,
  points: { acc: points },
});
const held: Held = {
  study: study(5),
  page: { seq: 5, total: 2, offset: 0, rows: [row(0, "done"), row(1, "running")] },
  curves: { seq: 5, metric: "acc", curves: [curve(1, 1, 0.1, 0.2, 0.3)], n_left_out: 0 },
  trial: null,
  isPageStale: false,
};

test("an update that was seen already changes nothing", () => {
  assert.equal(apply(held, update(5, [row(1, "done")])), held);
});

test("rows are replaced, and a new trial makes the page stale", () => {
  const same = apply(held, update(6, [row(1, "running")]));
  assert.equal(same.isPageStale, false);
  const ended = apply(held, update(6, [row(1, "done")]));
  assert.equal(ended.page?.rows[1]?.state, "done");
  assert.equal(apply(held, update(6, [row(2, "running")])).isPageStale, true);
  assert.equal(held.page?.rows[1]?.state, "running", "nothing is changed in place");
});

test("points are appended, and replace those from their first step on", () => {
  const longer = apply(held, update(6, [], [curve(1, 4, 0.4)]));
  assert.deepEqual(longer.curves?.curves[0]?.values, [0.1, 0.2, 0.3, 0.4]);
  const again = apply(held, update(6, [], [curve(1, 2, 0.9)]));
  assert.deepEqual(again.curves?.curves[0]?.values, [0.1, 0.9]);
  const other = apply(held, update(6, [], [curve(0, 1, 0.5)]));
  assert.deepEqual(other.curves?.curves.map((one) => one.trial), [0, 1]);
});

test("an open trial is stale once it or its kin ended, or a trial continues it", () => {
  const kin = (trial: number, state: string) => ({ trial, state });
  const open = { row: row(3, "running"), family: { chain: [kin(1, "paused")], descendants: [] } };
  const say = (number: number, state: string, ...ancestors: number[]) =>
    isTrialStale(open as unknown as TrialMessage, [{ ...row(number, state), ancestors }]);
  assert.deepEqual(
    [say(3, "running"), say(3, "done"), say(1, "paused"), say(1, "done"), say(7, "running")],
    [false, true, false, true, false],
  );
  assert.deepEqual([say(8, "queued", 3, 1), say(8, "queued", 7)], [true, false]);
});

test("a sentence whose evidence is missing is weakened or left out (spec 5.6)", () => {
  const whole = {
    ...{ ...study(5), state: "done", active_s: 60, cost: 2, target: 0.9, is_adaptive: true },
    objective: { metric: "acc", direction: "maximize", reduce: "best" },
    ...{ budget: [], search: { name: "bayes" }, counts: { done: 4, infeasible: 1 } },
    space: [{ name: "data", scale: "choice", values: ["v3"], text: "always v3" }],
    best: { trial: 2, value: 0.95, step: 9, config: {}, checkpoint: null },
    findings: [{ id: "edge:lr:upper", title: "The best lr lies at the edge of its range" }],
    environment: { command: "python tune.py", data: "birds, 10% of it" },
  } as unknown as StudyMessage;
  const trends = [{ parameter: "depth", is_clear: false }];
  const known = { trends, expected_best: [] } as unknown as ParametersMessage;
  const words = (changes: object, found: ParametersMessage | null = known) =>
    account({ ...whole, ...changes } as StudyMessage, found).join(" ");
  const claims: [RegExp, object, ParametersMessage | null][] = [
    [/target is 0.9: it was reached/, { target: null }, known],
    [/at a cost of 2/, { cost: null }, known],
    [/1 of them gave no value/, { counts: { done: 5 } }, known],
    [/Best: trial 2 .* may be luck/, { best: null }, known],
    [/No clear trend was seen over depth/, {}, null],
    [/lie outside the space/, { findings: [] }, known],
    [/did not try them evenly/, { is_adaptive: false }, known],
    [/Held fixed: data/, { space: [] }, known],
    [/holds for birds, 10% of it/, { environment: {} }, known],
    [/To repeat it: python tune.py/, { environment: {} }, known],
  ];
  for (const [claim, missing, found] of claims) {
    assert.match(words({}), claim);
    assert.doesNotMatch(words(missing, found), claim);
  }
  assert.match(words({ best: { ...whole.best, value: 0.8 } }), /not reached so far/);
});

test("figures are short, and none is a dash", () => {
  assert.deepEqual(
    [0, 1234, 0.123456, 0.00001234, 3e9, null, Number.NaN].map((value) => figure(value)),
    ["0", "1,234", "0.1235", "1.23e-5", "3e9", "–", "–"],
  );
  assert.deepEqual([0.0123, 42, 3700, 90000].map(duration), ["12 ms", "42 s", "1 h 1 min", "1 d 1 h"]);
});

test("a value's place and the value at a place are inverse on every scale", () => {
  const range = { low: 0.001, high: 0.9, values: [] as number[] };
  for (const scale of ["linear", "log", "1-x"]) {
    const parameter = { ...range, scale } as unknown as ParameterMessage;
    for (const value of [0.001, 0.03, 0.5, 0.9]) {
      const unit = unitPlace(parameter, value);
      assert.ok(unit !== null && Math.abs(valueAt(parameter, unit) - value) < 1e-9);
    }
  }
  const choice = { scale: "choice", values: ["a", "b"] } as unknown as ParameterMessage;
  assert.equal(unitPlace(choice, "b"), 0.75);
  assert.equal(unitPlace(choice, "c"), null);
});

test("what would be obeyed is visible, and all else as it is", () => {
  assert.equal(visible("\u001b[2Ja\rb\u009bc\u202ed"), "\\x1b[2Ja\\rb\\x9bc\\u202ed");
  assert.equal(visible("half \ud83d"), "half \\ud83d");
  assert.equal(visible("été 🦜👩‍🔬\n\tx"), "été 🦜👩‍🔬\n\tx");
});
