// What the page holds of one study, and how an update changes it: pure, nothing is changed in place.
import type {
  CurveMessage,
  CurvesMessage,
  StudyMessage,
  TrialMessage,
  TrialRow,
  TrialsMessage,
  UpdateMessage,
} from "./messages";

export interface Held {
  readonly study: StudyMessage;
  readonly page: TrialsMessage | null;
  readonly curves: CurvesMessage | null;
  readonly trial: TrialMessage | null;
  /** Trials that have come or changed their place since the page of the table was asked for. */
  readonly isPageStale: boolean;
}

/** Returns what is held after an update; one that is older than what is held changes nothing. */
export function apply(held: Held, update: UpdateMessage): Held {
  if (update.seq <= held.study.seq) return held;
  const rows = new Map(update.trials.map((row) => [row.number, row]));
  return {
    study: update.study,
    page: held.page && withRows(held.page, rows),
    curves: held.curves && withCurves(held.curves, update),
    trial: held.trial && withTrial(held.trial, rows, update),
    isPageStale: held.isPageStale || moved(held.page, update.trials),
  };
}

/** Whether an update says of the open trial what only the server can tell: its end, new kin. */
export function isTrialStale(held: TrialMessage, changed: readonly TrialRow[]): boolean {
  const { chain, descendants } = held.family ?? { chain: [], descendants: [] };
  const kin = new Map([...chain, ...descendants].map((one) => [one.trial, one.state]));
  kin.set(held.row.number, held.row.state);
  return changed.some((row) =>
    kin.has(row.number)
      ? kin.get(row.number) !== row.state
      : row.ancestors.some((number) => kin.has(number)),
  );
}

function moved(page: TrialsMessage | null, changed: readonly TrialRow[]): boolean {
  if (!page) return false;
  const known = new Map(page.rows.map((row) => [row.number, row]));
  return changed.some((row) => known.get(row.number)?.state !== row.state);
}

function withRows(page: TrialsMessage, rows: ReadonlyMap<number, TrialRow>): TrialsMessage {
  return { ...page, rows: page.rows.map((row) => rows.get(row.number) ?? row) };
}

function withCurves(held: CurvesMessage, update: UpdateMessage): CurvesMessage {
  const points = update.points[held.metric] ?? [];
  if (points.length === 0) return { ...held, seq: update.seq };
  const byTrial = new Map(held.curves.map((curve) => [curve.trial, curve]));
  for (const more of points) {
    byTrial.set(more.trial, joined(byTrial.get(more.trial), more));
  }
  const curves = [...byTrial.values()].sort((a, b) => a.trial - b.trial);
  return { ...held, seq: update.seq, curves };
}

function withTrial(
  held: TrialMessage,
  rows: ReadonlyMap<number, TrialRow>,
  update: UpdateMessage,
): TrialMessage {
  const number = held.row.number;
  const curves = { ...held.curves };
  for (const [metric, points] of Object.entries(update.points)) {
    for (const more of points.filter((one) => one.trial === number)) {
      curves[metric] = joined(curves[metric], more);
    }
  }
  return { ...held, seq: update.seq, row: rows.get(number) ?? held.row, curves };
}

/** Points from the first step of `more` on are those of `more`: a trial may go back in its steps. */
function joined(curve: CurveMessage | undefined, more: CurveMessage): CurveMessage {
  const from = more.steps[0];
  if (!curve || from === undefined) return curve ?? more;
  const found = curve.steps.findIndex((step) => step >= from);
  const n = found < 0 ? curve.steps.length : found;
  return {
    trial: curve.trial,
    steps: [...curve.steps.slice(0, n), ...more.steps],
    values: [...curve.values.slice(0, n), ...more.values],
    seconds: [...curve.seconds.slice(0, n), ...more.seconds],
  };
}
