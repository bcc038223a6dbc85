// The list of studies: state, best, budget and a small curve each.
import { useEffect, useState } from "preact/hooks";
import { Refusal } from "../api";
import { Sparkline } from "../charts/sparkline";
import { ago, figure, moment, percent } from "../format";
import type { StudyRow } from "../messages";
import { address, go, studyAddress } from "../route";
import { source } from "../store";
import { State, Waiting } from "./parts";
import { PageList } from "./sections";

const REFRESH_MS = 3000;

export function Studies() {
  const [rows, setRows] = useState<readonly StudyRow[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const load = async () => {
      if (document.hidden) return;
      try {
        setRows(await source.studies());
        setError(null);
      } catch (problem) {
        if (!(problem instanceof Refusal)) throw problem;
        setError(problem.message);
      }
    };
    void load();
    const timer = window.setInterval(load, REFRESH_MS);
    return () => window.clearInterval(timer);
  }, []);
  const toggle = (name: string) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    choose(next);
  };
  const compare = () => go(address(["compare"]) + query([...chosen]));
  return (
    <main>
      <div class="title-row">
        <h1>Studies</h1>
        <button type="button" disabled={chosen.size < 2} onClick={compare}>
          Compare {chosen.size > 1 ? chosen.size : ""}
        </button>
      </div>
      {error && <p class="refusal" role="alert">{error}</p>}
      {!rows && !error && <Waiting />}
      {rows?.length === 0 && (
        <div class="empty">
          <h2>No studies yet</h2>
          <p>Start one, and it appears here:</p>
          <code>tunebook demo</code>
        </div>
      )}
      {rows && rows.length > 0 && (
        <div class="scroll bordered">
          <table class="table">
            <thead>
              <tr>
                <th aria-label="Choose for comparison" />
                <th>Study</th>
                <th>State</th>
                <th class="right">Best</th>
                <th>Best so far</th>
                <th class="right">Trials</th>
                <th>Budget</th>
                <th>Last event</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row
                  key={row.name}
                  row={row}
                  isChosen={chosen.has(row.name)}
                  onChoose={() => toggle(row.name)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <PageList />
    </main>
  );
}

function query(names: readonly string[]): string {
  return `?${new URLSearchParams(names.map((name) => ["study", name]))}`;
}

function Row({ row, isChosen, onChoose }: { row: StudyRow; isChosen: boolean; onChoose(): void }) {
  const used = Math.max(0, ...row.budget.map((b) => (b.limit > 0 ? b.used / b.limit : 0)));
  const tight = row.budget.find((b) => b.limit > 0 && b.used / b.limit === used);
  return (
    <tr>
      <td>
        <input
          type="checkbox"
          aria-label={`Choose ${row.name}`}
          checked={isChosen}
          onChange={onChoose}
        />
      </td>
      <td class="long">
        <a href={studyAddress(row.name)}>{row.name}</a>
      </td>
      <td title={row.why}>
        <State state={row.state} />
      </td>
      <td class="right">
        <span class="strong">{figure(row.best_value)}</span>{" "}
        <span class="muted short">{row.objective.metric}</span>
      </td>
      <td>
        <Sparkline
          values={row.incumbent}
          label={`${row.incumbent.length} values, best ${figure(row.best_value)}`}
        />
      </td>
      <td class="right">{row.n_trials.toLocaleString("en-US")}</td>
      <td>
        {tight ? (
          <span class="limit small">
            <span class="track">
              <span class="fill" style={{ width: `${Math.min(1, used) * 100}%` }} />
            </span>
            <span class="number">
              {percent(used)} of {tight.name}
            </span>
          </span>
        ) : (
          <span class="muted">no limit</span>
        )}
      </td>
      <td class="muted" title={moment(row.updated_at)}>
        {ago(row.updated_at)}
      </td>
    </tr>
  );
}
