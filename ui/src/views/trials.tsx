// The table of trials: sorted, filtered and paged by the server; nothing that was tried is dropped.
import { useEffect } from "preact/hooks";
import { count, duration, figure, scalar, shortened } from "../format";
import type { StudyMessage, TrialRow } from "../messages";
import { studyAddress } from "../route";
import { held, loadPage, query } from "../store";
import { Ancestors } from "./lineage";
import { CurveTag, State, Waiting } from "./parts";
import { TrialSteering } from "./steering";

const STATES = [
  ...["queued", "running", "paused", "done", "stopped"],
  ...["infeasible", "failed", "cancelled", "lost"],
];

export function Trials({ study }: { study: StudyMessage }) {
  const wanted = query.value;
  const change = (changes: Partial<typeof wanted>) => {
    // What is asked for now, not what it was when this was drawn: two changes may come at once.
    query.value = { ...query.value, offset: 0, ...changes };
  };
  useEffect(() => {
    void loadPage();
  }, [wanted, study.name]);
  const page = held.value?.page;
  return (
    <section aria-label="Trials">
      <div class="filters">
        <label>
          find{" "}
          <input
            type="search"
            value={wanted.text}
            placeholder="lr=0.01, out of memory, 12…"
            onInput={(event) => change({ text: event.currentTarget.value })}
          />
        </label>
        <label>
          state{" "}
          <select
            value={wanted.states[0] ?? ""}
            onChange={(event) => {
              const state = event.currentTarget.value;
              change({ states: state ? [state] : [] });
            }}
          >
            <option value="">all</option>
            {STATES.map((state) => (
              <option key={state} value={state}>
                {state}
              </option>
            ))}
          </select>
        </label>
        {page && <Pager total={page.total} />}
      </div>
      {!page && <Waiting />}
      {page && page.total === 0 && <p class="muted">No trial is like this.</p>}
      {page && page.rows.length > 0 && <TrialTable study={study} rows={page.rows} />}
    </section>
  );
}

function Pager({ total }: { total: number }) {
  const wanted = query.value;
  const last = Math.min(total, wanted.offset + wanted.limit);
  const move = (by: number) => {
    const { offset, limit } = query.value;
    query.value = { ...query.value, offset: Math.max(0, offset + by * limit) };
  };
  return (
    <div class="pager" role="group" aria-label="Pages">
      <button type="button" disabled={wanted.offset === 0} onClick={() => move(-1)}>
        Previous
      </button>
      <span class="number" role="status">
        {total === 0
          ? "0 trials"
          : `${(wanted.offset + 1).toLocaleString("en-US")}–${last.toLocaleString("en-US")} of ` +
            count(total, "trial")}
      </span>
      <button type="button" disabled={last >= total} onClick={() => move(1)}>
        Next
      </button>
    </div>
  );
}

function TrialTable({ study, rows }: { study: StudyMessage; rows: readonly TrialRow[] }) {
  const searched = study.space.filter((one) => one.scale !== "choice" || one.values.length > 1);
  const hasCost = rows.some((row) => row.cost !== null);
  const hasParent = rows.some((row) => row.parent !== null);
  const hasTags = rows.some((row) => row.tags.length > 0);
  return (
    <div class="scroll bordered">
      <table class="table">
        <thead>
          <tr>
            <Head column="number" label="Trial" isRight />
            <Head column="state" label="State" />
            <Head column="value" label={study.objective.metric} isRight />
            <Head column="step" label="Step" isRight />
            {searched.map((one) => (
              <Head key={one.name} column={`config.${one.name}`} label={one.name} isRight />
            ))}
            <Head column="seconds" label="Time" isRight />
            {hasCost && <Head column="cost" label="Cost" isRight />}
            {hasParent && <Head column="parent" label="Continues" isRight />}
            {hasTags && <th>Curve</th>}
            <Head column="error" label="Why" />
            <th aria-label="Steering" />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row
              key={row.number}
              study={study}
              row={row}
              names={searched.map((one) => one.name)}
              hasCost={hasCost}
              hasParent={hasParent}
              hasTags={hasTags}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head(props: { column: string; label: string; isRight?: boolean }) {
  const wanted = query.value;
  const isSorted = wanted.sort === props.column;
  const sort = () => {
    const now = query.value;
    const descending = now.sort === props.column ? !now.descending : true;
    query.value = { ...now, sort: props.column, descending, offset: 0 };
  };
  const order = isSorted ? (wanted.descending ? "descending" : "ascending") : "none";
  return (
    <th class={props.isRight ? "right" : ""} aria-sort={order}>
      <button type="button" class="head" onClick={sort} title={props.label}>
        {shortened(props.label, 24)}
        <span class="arrow" aria-hidden="true">
          {isSorted ? (wanted.descending ? "↓" : "↑") : ""}
        </span>
      </button>
    </th>
  );
}

interface RowProps {
  readonly study: StudyMessage;
  readonly row: TrialRow;
  readonly names: readonly string[];
  readonly hasCost: boolean;
  readonly hasParent: boolean;
  readonly hasTags: boolean;
}

function Row({ study, row, names, hasCost, hasParent, hasTags }: RowProps) {
  const isBest = study.best?.trial === row.number;
  const why = row.error ?? row.why ?? "";
  return (
    <tr class={isBest ? "is-best" : ""}>
      <td class="right">
        <a href={studyAddress(study.name, "trial", String(row.number))}>{row.number}</a>
        {isBest && (
          <span class="star" title="the best so far" role="img" aria-label="best">
            ★
          </span>
        )}
      </td>
      <td>
        <State state={row.state} />
      </td>
      {row.value === null ? (
        <td class="right muted" title="its last measurement; it has no value">
          {figure(row.last)}
        </td>
      ) : (
        <td class="right strong">{figure(row.value)}</td>
      )}
      <td class="right">
        {figure(row.step)}
        {study.max_steps !== null && <span class="muted">/{figure(study.max_steps)}</span>}
      </td>
      {names.map((name) => (
        <td key={name} class="right" title={String(row.config[name] ?? "")}>
          {shortened(scalar(row.config[name]), 24)}
        </td>
      ))}
      <td class="right">{duration(row.seconds)}</td>
      {hasCost && <td class="right">{figure(row.cost)}</td>}
      {hasParent && (
        <td class="right">
          <Ancestors study={study} numbers={row.ancestors} />
        </td>
      )}
      {hasTags && (
        <td class="tags">
          {row.tags.map((tag) => (
            <CurveTag key={tag} word={tag} />
          ))}
        </td>
      )}
      <td class={row.error ? "why bad" : "why muted"} title={shortened(why, 500)}>
        {shortened(why, 80)}
      </td>
      <td>
        <TrialSteering number={row.number} state={row.state} />
      </td>
    </tr>
  );
}
