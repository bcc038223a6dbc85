// The page's state as signals, and the feed that keeps it up to date.
import { effect, signal } from "@preact/signals";
import { frozen, frozenPage, LIVE, Refusal, type Source, type TrialQuery } from "./api";
import { apply, type Held, isTrialStale } from "./fold";
import type {
  PageMessage,
  ParametersMessage,
  SectionMessage,
  SnapshotMessage,
  UpdateMessage,
} from "./messages";

/** How often, at most, figures that the server must compute are asked for again. */
const REFRESH_MS = 1000;
const PARAMETERS_MS = 5000;
/** From so many events on the server sends no rows: everything had better be asked for. */
const TOO_MANY_EVENTS = 20_000;

export type Connection = "live" | "waiting" | "lost" | "report";

const snapshot = embedded<SnapshotMessage>("snapshot");
const onlyPage = embedded<PageMessage>("sections");
export const source: Source = snapshot
  ? frozen(snapshot)
  : onlyPage
    ? frozenPage(onlyPage)
    : LIVE;
export const held = signal<Held | null>(null);
export const parameters = signal<ParametersMessage | null>(null);
export const connection = signal<Connection>(source.isLive ? "waiting" : "report");
export const failure = signal<string | null>(null);
export const query = signal<TrialQuery>(firstQuery());
export const openTrial = signal<number | null>(null);
export const openMetric = signal<string | null>(null);

let openName: string | null = null;
let feed: EventSource | null = null;
let waiting: UpdateMessage[] = [];
let parametersAt = 0;
let pageTimer = 0;

/** The name of the study that a report carries. */
export function reportedStudy(): string | null {
  return snapshot && snapshot.study.name;
}

/** What others than the study have to show in its report. */
export function reportedSections(): readonly SectionMessage[] {
  return snapshot?.sections ?? [];
}

/** Whether this is a report of sections alone. */
export function isPageOnly(): boolean {
  return onlyPage !== null;
}

/** Opens a study: everything about the one before is forgotten. */
export async function openStudy(name: string): Promise<void> {
  if (openName === name && held.value) return;
  closeStudy();
  openName = name;
  await attempt(async () => {
    const study = await source.study(name);
    if (openName !== name) return;
    openMetric.value = study.objective.metric;
    held.value = { study, page: null, curves: null, trial: null, isPageStale: false };
    listen();
  });
}

export function closeStudy(): void {
  openName = null;
  feed?.close();
  feed = null;
  waiting = [];
  parametersAt = 0;
  held.value = parameters.value = failure.value = null;
  openTrial.value = openMetric.value = null;
  query.value = firstQuery();
}

export async function loadPage(): Promise<void> {
  const name = openName;
  const wanted = query.value;
  if (!name) return;
  await attempt(async () => {
    const page = await source.trials(name, wanted);
    if (openName !== name || query.value !== wanted || !held.value) return;
    held.value = { ...held.value, page, isPageStale: false };
  });
}

export async function loadCurves(metric: string): Promise<void> {
  const name = openName;
  openMetric.value = metric;
  if (!name) return;
  await attempt(async () => {
    const curves = await source.curves(name, metric);
    if (openName !== name || openMetric.value !== metric || !held.value) return;
    held.value = { ...held.value, curves };
  });
}

export async function loadTrial(number: number): Promise<void> {
  const name = openName;
  openTrial.value = number;
  if (!name) return;
  await attempt(async () => {
    const trial = await source.trial(name, number);
    if (openName !== name || openTrial.value !== number || !held.value) return;
    held.value = { ...held.value, trial };
  });
}

export async function loadParameters(): Promise<void> {
  const name = openName;
  if (!name) return;
  parametersAt = Date.now();
  await attempt(async () => {
    const found = await source.parameters(name);
    if (openName === name) parameters.value = found;
  });
}

/** Leaves a request for the driver and shows it as pending. Returns whether it was taken. */
export async function ask(kind: string, body: object): Promise<boolean> {
  const name = openName;
  if (!name) return false;
  return attempt(async () => {
    await source.request(name, kind, body);
    const study = await source.study(name);
    if (openName === name && held.value) held.value = { ...held.value, study };
  });
}

/** Asks again for what is open, when the feed cannot tell all of it. */
async function reload(): Promise<void> {
  const name = openName;
  if (!name || !held.value) return;
  const { page, curves, trial } = held.value;
  await attempt(async () => {
    const study = await source.study(name);
    if (openName === name && held.value) held.value = { ...held.value, study };
  });
  if (page) await loadPage();
  if (curves) await loadCurves(curves.metric);
  if (trial) await loadTrial(trial.row.number);
  listen();
}

function listen(): void {
  feed?.close();
  feed = null;
  if (!source.isLive || !openName || !held.value || document.hidden) return;
  feed = new EventSource(source.eventsAddress(openName, held.value.study.seq));
  feed.onopen = () => {
    connection.value = "live";
  };
  feed.onerror = () => {
    connection.value = "lost";
    if (feed?.readyState === EventSource.CLOSED) window.setTimeout(listen, 1000);
  };
  feed.onmessage = (event) => {
    waiting.push(JSON.parse(event.data as string) as UpdateMessage);
    if (waiting.length === 1) requestAnimationFrame(applyWaiting);
  };
  feed.addEventListener("gone", () => {
    feed?.close();
    failure.value = "This study has been deleted";
  });
}

/** Applies all updates of one animation frame at once. */
function applyWaiting(): void {
  const updates = waiting;
  waiting = [];
  let now = held.value;
  if (!now) return;
  const open = now.trial;
  for (const update of updates) {
    if (update.seq - now.study.seq > TOO_MANY_EVENTS) return void reload();
    now = apply(now, update);
  }
  held.value = now;
  const isStale = updates.some((update) => open !== null && isTrialStale(open, update.trials));
  if (open && isStale && openTrial.value === open.row.number) void loadTrial(open.row.number);
}

/** Keeps up what the feed does not carry: the table's order, a trial's log, the parameters. */
function keepUp(): void {
  effect(() => {
    if (held.value?.isPageStale && !pageTimer) {
      pageTimer = window.setTimeout(() => {
        pageTimer = 0;
        void loadPage();
      }, REFRESH_MS);
    }
  });
  window.setInterval(() => {
    if (document.hidden || !held.value) return;
    const { study, trial } = held.value;
    const isOpen = trial !== null && openTrial.value === trial.row.number;
    if (isOpen && trial.row.ended_at === null && study.is_live) void loadTrial(trial.row.number);
    const found = parameters.value;
    const isOld = found !== null && found.seq < study.seq;
    if (isOld && Date.now() - parametersAt > PARAMETERS_MS) void loadParameters();
  }, REFRESH_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      feed?.close();
      feed = null;
      connection.value = "waiting";
    } else {
      listen();
    }
  });
}

if (source.isLive) keepUp();

async function attempt(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    failure.value = null;
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    failure.value = error.message;
    return false;
  }
}

function firstQuery(): TrialQuery {
  return { sort: "number", descending: true, states: [], text: "", offset: 0, limit: 50 };
}

function embedded<T>(id: string): T | null {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : null;
}
