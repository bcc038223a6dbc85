// Small pieces that several pages use: states, findings, budgets, texts to copy.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { copyText } from "../charts/figure";
import { duration, figure, shortened } from "../format";
import type { FindingMessage, LimitMessage } from "../messages";

/** A state's shape, drawn in a box of 12: colour is never the only sign. */
const SHAPES: Record<string, string> = {
  queued: "M6 1.5a4.5 4.5 0 1 0 .01 0M6 3.5a2.5 2.5 0 1 1-.01 0",
  running: "M2 1l9 5-9 5z",
  paused: "M2 1h3v10H2zM7 1h3v10H7z",
  done: "M4.6 10.4L.8 6.6l1.6-1.6 2.2 2.2L9.8 2l1.6 1.6z",
  stopped: "M1.5 1.5h9v9h-9z",
  infeasible: "M2.6 1L6 4.4 9.4 1 11 2.6 7.6 6 11 9.4 9.4 11 6 7.6 2.6 11 1 9.4 4.4 6 1 2.6z",
  failed: "M6 .5l5.8 10.8H.2zM5.2 4v3.8h1.6V4zm0 4.6v1.5h1.6V8.6z",
  cancelled: "M1 5h10v2H1z",
  lost: "M6 .5L11.5 6 6 11.5.5 6zM6 3.3L3.3 6 6 8.7 8.7 6z",
  pass: "M4.6 10.4L.8 6.6l1.6-1.6 2.2 2.2L9.8 2l1.6 1.6z",
  notice: "M6 .5a5.5 5.5 0 1 0 .01 0M5.2 3h1.6v1.5H5.2zm0 2.4h1.6V9H5.2z",
  unknown:
    "M6 .5a5.5 5.5 0 1 0 .01 0M5.2 8h1.6v1.5H5.2zM3.8 4.6a2.2 2.2 0 1 1 3 2v.7H5.2V5.6" +
    "a.8.8 0 1 0 0-1.6z",
  problem: "M6 .5l5.8 10.8H.2zM5.2 4v3.8h1.6V4zm0 4.6v1.5h1.6V8.6z",
};

export function Mark({ of }: { of: string }) {
  return (
    <svg class="mark" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      <path d={SHAPES[of] ?? SHAPES["lost"]} fill="currentColor" fill-rule="evenodd" />
    </svg>
  );
}

export function State({ state, word = state }: { state: string; word?: string }) {
  return (
    <span class={`state state-${state}`}>
      <Mark of={state} />
      {word}
    </span>
  );
}

/** A verdict on a curve (S4.24 to S4.26), in a word or two. */
export function CurveTag({ word, title }: { word: string; title?: string }) {
  const state = word.endsWith("strongly") ? "problem" : "notice";
  return (
    <span class="tag" title={title}>
      <State state={state} word={word} />
    </span>
  );
}

export function Panel({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="panel" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export function Budget({ limits }: { limits: readonly LimitMessage[] }) {
  if (limits.length === 0) return <p class="muted">No limit is set.</p>;
  return (
    <div class="budget">
      {limits.map((limit) => (
        <Limit key={limit.name} limit={limit} />
      ))}
    </div>
  );
}

const LIMIT_NAMES: Record<string, string> = {
  hours: "time",
  max_failures: "failures",
  patience: "without improvement",
};

function Limit({ limit }: { limit: LimitMessage }) {
  const share = limit.limit > 0 ? Math.min(1, limit.used / limit.limit) : 1;
  const name = LIMIT_NAMES[limit.name] ?? limit.name;
  const told =
    limit.name === "hours"
      ? `${duration(limit.used * 3600)} of ${duration(limit.limit * 3600)}`
      : `${figure(limit.used, 3)} of ${figure(limit.limit)}`;
  return (
    <div class="limit">
      <span class="name">{name}</span>
      <span class="track" role="meter" aria-label={name} aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0} aria-valuemax={100} aria-valuetext={told}>
        <span class={share >= 1 ? "fill full" : "fill"} style={{ width: `${share * 100}%` }} />
      </span>
      <span class="number">{told}</span>
    </div>
  );
}

const LEVEL_WORDS = { pass: "PASS", notice: "NOTICE", unknown: "UNKNOWN", problem: "PROBLEM" };

export function Finding({ finding }: { finding: FindingMessage }) {
  return (
    <article class={`finding level-${finding.level}`}>
      <div class="finding-head">
        <span class={`level state-${finding.level}`}>
          <Mark of={finding.level} />
          {LEVEL_WORDS[finding.level]}
        </span>
        <h3>{finding.title}</h3>
      </div>
      <p>{shortened(finding.evidence, 400)}</p>
      {finding.causes.length > 0 && (
        <p>Likely causes: {shortened(finding.causes.join("; "), 400)}</p>
      )}
      {finding.next_test && <p>Next test: {shortened(finding.next_test, 400)}</p>}
      {finding.items.length > 0 && (
        <details>
          <summary>{finding.items.length === 1 ? "1 item" : `${finding.items.length} items`}</summary>
          <ul>
            {finding.items.slice(0, 50).map((item, n) => (
              <li key={n}>{shortened(item, 200)}</li>
            ))}
          </ul>
        </details>
      )}
      {finding.advice && <p class="advice">{shortened(finding.advice, 400)}</p>}
    </article>
  );
}

/** A text that is meant to be taken elsewhere. */
export function Copyable({ text, label }: { text: string; label: string }) {
  const [said, say] = useState("Copy");
  const copy = async () => {
    say((await copyText(text)) ? "Copied" : "Not allowed");
    window.setTimeout(() => say("Copy"), 1500);
  };
  return (
    <div class="copyable">
      <code>{text}</code>
      <button type="button" class="quiet" aria-label={`Copy ${label}`} onClick={copy}>
        {said}
      </button>
    </div>
  );
}

/** Names and values, one under the other. */
export function Pairs({ rows }: { rows: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="pairs">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Waiting() {
  return <p class="muted waiting">Loading…</p>;
}
