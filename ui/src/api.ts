// Where the page's facts come from: a server, or the snapshot that a report carries.
import type {
  ComparisonMessage,
  CurvesMessage,
  FindingMessage,
  PageMessage,
  PageRow,
  ParametersMessage,
  SnapshotMessage,
  StudyMessage,
  StudyRow,
  TrialMessage,
  TrialRow,
  TrialsMessage,
} from "./messages";

export interface TrialQuery {
  readonly sort: string;
  readonly descending: boolean;
  readonly states: readonly string[];
  readonly text: string;
  readonly offset: number;
  readonly limit: number;
}

export interface Source {
  /** Whether things may change: false for a report. */
  readonly isLive: boolean;
  /** When a report was written, and by which version. */
  readonly written: { at: number; version: string } | null;
  studies(): Promise<readonly StudyRow[]>;
  study(name: string): Promise<StudyMessage>;
  trials(name: string, query: TrialQuery): Promise<TrialsMessage>;
  trial(name: string, number: number): Promise<TrialMessage>;
  curves(name: string, metric: string): Promise<CurvesMessage>;
  parameters(name: string): Promise<ParametersMessage>;
  compare(names: readonly string[]): Promise<ComparisonMessage>;
  pages(): Promise<readonly PageRow[]>;
  page(address: string): Promise<PageMessage>;
  request(name: string, kind: string, body: object): Promise<void>;
  eventsAddress(name: string, after: number): string;
}

/** What a server or a snapshot cannot answer, in words for the reader. */
export class Refusal extends Error {}

export const LIVE: Source = {
  isLive: true,
  written: null,
  studies: () => asked("/api/studies"),
  study: (name) => asked(ofStudy(name)),
  trials: (name, query) => asked(ofStudy(name, `/trials?${tableQuery(query)}`)),
  trial: (name, number) => asked(ofStudy(name, `/trials/${number}`)),
  curves: (name, metric) =>
    asked(ofStudy(name, `/curves?${new URLSearchParams({ metric })}`)),
  parameters: (name) => asked(ofStudy(name, "/parameters")),
  compare: (names) =>
    asked(`/api/compare?${new URLSearchParams(names.map((name) => ["study", name]))}`),
  pages: () => asked("/api/pages"),
  page: (of) => asked(`/api/pages/${of.split("/").map(encodeURIComponent).join("/")}`),
  request: async (name, kind, body) => {
    await asked(ofStudy(name, "/requests"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ kind, body }),
    });
  },
  eventsAddress: (name, after) => ofStudy(name, `/events?after=${after}`),
};

/** Answers from a snapshot, as the server would. */
export function frozen(snapshot: SnapshotMessage): Source {
  const { study, trials, curves, details } = snapshot;
  const never = () => Promise.reject(new Refusal("A report cannot be changed"));
  return {
    isLive: false,
    written: { at: snapshot.written_at, version: snapshot.version },
    studies: () => Promise.resolve([]),
    study: () => Promise.resolve(study),
    trials: (_, query) => Promise.resolve(page(trials.rows, query, trials.seq)),
    trial: (_, number) => {
      const row = trials.rows.find((one) => one.number === number);
      if (!row) return Promise.reject(new Refusal(`There is no trial ${number}`));
      const bare = barely(row, curves, trials);
      const found = details[String(number)];
      return Promise.resolve(
        found ? { ...found, curves: { ...bare.curves, ...found.curves } } : bare,
      );
    },
    curves: (_, metric) =>
      Promise.resolve(curves[metric] ?? { seq: study.seq, metric, curves: [], n_left_out: 0 }),
    parameters: () => Promise.resolve(snapshot.parameters),
    compare: () => Promise.resolve({ studies: [study], refusal: null, unlike: {}, order: [study.name], ranks: {} }),
    pages: () => Promise.resolve([]),
    page: () => Promise.resolve({ ...ownPage(snapshot), sections: snapshot.sections }),
    request: never,
    eventsAddress: () => "",
  };
}

function ownPage(snapshot: SnapshotMessage) {
  const { written_at, version } = snapshot;
  return { title: snapshot.study.name, written_at, version };
}

/** Answers with the one page that a report of sections carries. */
export function frozenPage(page: PageMessage): Source {
  const never = () => Promise.reject(new Refusal("There is no study in this report"));
  return {
    isLive: false,
    written: { at: page.written_at, version: page.version },
    studies: () => Promise.resolve([]),
    study: never,
    trials: never,
    trial: never,
    curves: never,
    parameters: never,
    compare: never,
    pages: () => Promise.resolve([]),
    page: () => Promise.resolve(page),
    request: never,
    eventsAddress: () => "",
  };
}

function barely(
  row: TrialRow,
  curves: SnapshotMessage["curves"],
  trials: TrialsMessage,
): TrialMessage {
  const own = Object.entries(curves).flatMap(([metric, found]) =>
    found.curves.filter((one) => one.trial === row.number).map((one) => [metric, one] as const),
  );
  return {
    seq: trials.seq,
    row,
    curves: Object.fromEntries(own),
    verdicts: row.tags.map(onlyNamed),
    observers: [],
    checkpoints: [],
    family: null,
    n_losses: 0,
    log_tail: null,
    traceback: null,
    explanation: row.why ?? "",
    command: "",
  };
}

/** A verdict of which the report keeps no more than its name. */
function onlyNamed(title: string): FindingMessage {
  const level = title.endsWith("strongly") ? "problem" : "notice";
  const rest = { evidence: "", advice: "", source: "", causes: [], next_test: "", items: [] };
  return { id: title, level, title, ...rest };
}

function page(rows: readonly TrialRow[], query: TrialQuery, seq: number): TrialsMessage {
  const found = rows.filter((row) => isWanted(row, query));
  const key = (row: TrialRow) => sortKey(row, query.sort);
  const having = found.filter((row) => key(row) !== null);
  const lacking = found.filter((row) => key(row) === null);
  having.sort((a, b) => ordered(key(a)!, key(b)!) * (query.descending ? -1 : 1));
  const all = [...having, ...lacking];
  const shown = all.slice(query.offset, query.offset + query.limit);
  return { seq, total: all.length, offset: query.offset, rows: shown };
}

function isWanted(row: TrialRow, { states, text }: TrialQuery): boolean {
  if (states.length && !states.includes(row.state)) return false;
  if (!text) return true;
  const config = Object.entries(row.config).map(([name, value]) => `${name}=${value}`);
  const told = [String(row.number), ...config, row.error ?? "", row.why ?? ""].join(" ");
  return told.toLowerCase().includes(text.toLowerCase());
}

type Key = number | string | boolean;

function sortKey(row: TrialRow, sort: string): Key | null {
  if (sort.startsWith("config.")) return row.config[sort.slice("config.".length)] ?? null;
  return (row as unknown as Record<string, Key | null>)[sort] ?? null;
}

function ordered(a: Key, b: Key): number {
  if (typeof a === typeof b && typeof a !== "string") return Number(a) - Number(b);
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}

function tableQuery(query: TrialQuery): URLSearchParams {
  const told = new URLSearchParams({
    sort: query.sort,
    descending: query.descending ? "1" : "0",
    text: query.text,
    offset: String(query.offset),
    limit: String(query.limit),
  });
  for (const state of query.states) told.append("state", state);
  return told;
}

function ofStudy(name: string, rest = ""): string {
  return `/api/studies/${encodeURIComponent(name)}${rest}`;
}

async function asked<T>(address: string, options?: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new Refusal("The server does not answer. Is tunebook ui still running?");
  }
  if (answer.ok) return (await answer.json()) as T;
  const told: unknown = await answer.json().catch(() => null);
  const error = (told as { error?: string } | null)?.error;
  throw new Refusal(error ?? `The server answered ${answer.status}`);
}
