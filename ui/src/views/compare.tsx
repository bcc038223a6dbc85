// Studies side by side (S0.24): everything is shown, an order only where values can be compared (I1).
import { useEffect, useMemo, useState } from "preact/hooks";
import { Refusal } from "../api";
import { CurvePlot } from "../charts/curve_plot";
import { Figure } from "../charts/figure";
import { seriesColour, theme } from "../charts/palette";
import { duration, figure, scalar, shortened } from "../format";
import type { ComparisonMessage, StudyMessage } from "../messages";
import { nSteps, nTrials, type StairAxis, stairs } from "../progress";
import { studyAddress } from "../route";
import { source } from "../store";
import { Panel, State, Waiting } from "./parts";

export function Compare({ names }: { names: readonly string[] }) {
  const [found, setFound] = useState<ComparisonMessage | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    source
      .compare(names)
      .then(setFound)
      .catch((problem: unknown) => {
        if (!(problem instanceof Refusal)) throw problem;
        setError(problem.message);
      });
  }, [names.join("\n")]);
  return (
    <main>
      <h1>Compare</h1>
      {error && <p class="refusal" role="alert">{error}</p>}
      {!found && !error && <Waiting />}
      {found && (
        <>
          {found.refusal ? (
            <p class="hint" role="note">{found.refusal}</p>
          ) : (
            <p class="muted">The best of each study, in order. Single studies: no test of chance.</p>
          )}
          <Side found={found} />
          <Both studies={found.studies} />
          <Winners studies={found.studies} />
        </>
      )}
    </main>
  );
}

function Side({ found }: { found: ComparisonMessage }) {
  const rank = (study: StudyMessage) => found.ranks[study.name] ?? Number.MAX_SAFE_INTEGER;
  const studies = [...found.studies].sort((a, b) => rank(a) - rank(b));
  const longest = Math.max(1e-9, ...studies.map((study) => study.active_s));
  return (
    <div class="scroll bordered">
      <table class="table">
        <thead>
          <tr>
            <th>Study</th>
            <th>State</th>
            <th>Search</th>
            <th class="right">Trials</th>
            <th class="right">Steps of a trial</th>
            <th class="right">Steps in all</th>
            <th>Worked</th>
            <th class="right">Cost</th>
            <th>Metric</th>
            <th class="right">Best</th>
            <th class="right">Order</th>
            <th>Comparable?</th>
          </tr>
        </thead>
        <tbody>
          {studies.map((study) => (
            <tr key={study.name}>
              <td class="long">
                <span class="swatch" style={{ background: seriesColour(found.studies.indexOf(study)) }} />{" "}
                <a href={studyAddress(study.name)}>{study.name}</a>
              </td>
              <td>
                <State state={study.state} />
              </td>
              <td>{String(study.search["name"] ?? "–")}</td>
              <td class="right">
                {nTrials(study)}
              </td>
              <td class="right">{study.max_steps === null ? "–" : figure(study.max_steps)}</td>
              <td class="right">{figure(nSteps(study))}</td>
              <td>
                <span class="limit small">
                  <span class="number">{duration(study.active_s)}</span>
                  <span class="track">
                    <span class="fill" style={{ width: `${(100 * study.active_s) / longest}%` }} />
                  </span>
                </span>
              </td>
              <td class="right">{study.cost === null ? "–" : figure(study.cost)}</td>
              <td>{study.objective.metric}</td>
              <td class="right strong">{figure(study.best?.value, 5)}</td>
              <td class="right">{found.ranks[study.name] ?? "–"}</td>
              <td class="muted told">{likeness(found, study)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whether a study can be compared with the first, and if not why. */
function likeness({ unlike, studies }: ComparisonMessage, study: StudyMessage): string {
  if (study === studies[0]) return "the others are held against it";
  const reasons = unlike[study.name] ?? [];
  return reasons.length ? shortened(`no: ${reasons.join("; ")}`, 200) : "yes";
}

/** The best configuration of each study (S0.25): few rows, so no trend is read from them. */
function Winners({ studies }: { studies: readonly StudyMessage[] }) {
  const having = studies.filter((study) => study.best !== null);
  // What one study searched another may have held fixed.
  const value = (study: StudyMessage, name: string) => study.best!.config[name] ?? study.fixed[name];
  const names = [...new Set(having.flatMap((study) => Object.keys({ ...study.fixed, ...study.best!.config })))].filter(
    (name) =>
      having.some((study) => name in study.best!.config) ||
      new Set(having.map((study) => scalar(value(study, name)))).size > 1,
  );
  if (having.length === 0) return null;
  return (
    <Panel title="What was found">
      <div class="scroll">
        <table class="table">
          <thead>
            <tr>
              <th>Study</th>
              <th class="right">Best</th>
              {names.map((name) => (
                <th class="right" key={name}>
                  {shortened(name, 24)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {having.map((study) => (
              <tr key={study.name}>
                <td class="long">{study.name}</td>
                <td class="right strong">{figure(study.best!.value, 5)}</td>
                {names.map((name) => (
                  <td class="right" key={name}>
                    {shortened(scalar(value(study, name)), 24)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Both({ studies }: { studies: readonly StudyMessage[] }) {
  const [over, setOver] = useState<StairAxis>("n_trials");
  const lines = useMemo(
    () =>
      studies.map((study, n) => ({
        trial: n,
        ...stairs(study, over),
        colour: seriesColour(n),
        isFaint: false,
      })),
    [studies, over, theme.value],
  );
  const metrics = [...new Set(studies.map((study) => study.objective.metric))].join(", ");
  const told = studies.map((study) => `${study.name}: ${figure(study.best?.value)}`).join("; ");
  const data = () => [
    ["study", "trials", "steps", "seconds", "value"],
    ...studies.flatMap((study) =>
      study.incumbent.map((p) => [study.name, p.n_trials, p.steps, p.seconds, p.value]),
    ),
  ];
  const controls = (
    <label>
      over{" "}
      <select
        value={over}
        onChange={(event) => setOver(event.currentTarget.value as StairAxis)}
      >
        <option value="n_trials">trials</option>
        <option value="steps">steps</option>
        <option value="seconds">seconds</option>
      </select>
    </label>
  );
  return (
    <Figure title="Best so far" summary={`Best values: ${told}.`} data={data} controls={controls}>
      <CurvePlot lines={lines} isLog={false} xLabel={over === "n_trials" ? "trials ended" : over} yLabel={metrics} height={300} />
    </Figure>
  );
}
