// All trials' learning curves of one metric: smoothed, on a log axis, coloured by any parameter.
import { useEffect, useMemo, useState } from "preact/hooks";
import { CurvePlot, type Line } from "../charts/curve_plot";
import { Figure } from "../charts/figure";
import { ink, ramp, seriesColour, theme } from "../charts/palette";
import { count, figure, scalar, unitPlace, valueAt } from "../format";
import type {
  CurveMessage,
  FindingMessage,
  StudyMessage,
  TrialMessage,
  TrialRow,
} from "../messages";
import { nTrials } from "../progress";
import { go, studyAddress } from "../route";
import { held, loadCurves, openMetric, source } from "../store";
import { CurveTag, Waiting } from "./parts";

const MAX_ROWS = 500;

export function Curves({ study }: { study: StudyMessage }) {
  const [smooth, setSmooth] = useState(0);
  const [isLog, setLog] = useState(false);
  const [over, setOver] = useState("step");
  const [by, setBy] = useState("trial");
  const [alone, setAlone] = useState<number | null>(null);
  const [hovered, setHovered] = useState("");
  const rows = useRows(study);
  const verdicts = useVerdicts(study, alone);
  const metric = openMetric.value ?? study.objective.metric;
  const found = held.value?.curves;
  useEffect(() => {
    if (found?.metric !== metric) void loadCurves(metric);
  }, [metric, study.name]);
  const lines = useMemo(
    () => made(found?.curves ?? [], { smooth, over, by, alone, rows, study }),
    [found, smooth, over, by, alone, rows, theme.value],
  );
  if (!found) return <Waiting />;
  const open = alone === null ? null : study;
  const controls = (
    <>
      <Choice label="metric" value={metric} of={study.metrics} onChange={(m) => void loadCurves(m)} />
      <Choice label="over" value={over} of={["step", "seconds"]} onChange={setOver} />
      <Choice
        label="colour by"
        value={by}
        of={["trial", "value", ...study.space.map((one) => one.name)]}
        onChange={setBy}
      />
      <label>
        smooth{" "}
        <input
          type="range"
          min="0"
          max="0.98"
          step="0.02"
          value={smooth}
          onInput={(event) => setSmooth(Number(event.currentTarget.value))}
        />
      </label>
      <label>
        <input
          type="checkbox"
          checked={isLog}
          onChange={(event) => setLog(event.currentTarget.checked)}
        />{" "}
        log axis
      </label>
    </>
  );
  const data = () => [
    ["trial", "step", "seconds", metric],
    ...found.curves.flatMap((curve) =>
      curve.steps.map((step, i) => [
        curve.trial,
        step,
        curve.seconds[i] ?? null,
        curve.values[i] ?? null,
      ]),
    ),
  ];
  return (
    <>
      <Figure
        title={`${metric} of all trials`}
        summary={summaryOf(found.curves, metric, found.n_left_out, smooth)}
        data={data}
        controls={controls}
      >
        <CurvePlot
          lines={lines}
          isLog={isLog}
          xLabel={over}
          yLabel={metric.slice(0, 40)}
          height={440}
          onTrial={(trial) => setAlone(trial === alone ? null : trial)}
          onHover={setHovered}
        />
        <Key look={{ smooth, over, by, alone, rows, study }} />
        <p class="readout" aria-live="off">
          {open && alone !== null ? (
            <>
              Only trial {alone} is shown.{" "}
              {verdicts.map((one) => (
                <CurveTag key={one.id} word={one.title} title={one.evidence} />
              ))}{" "}
              <button type="button" class="quiet" onClick={() => setAlone(null)}>
                Show all
              </button>{" "}
              <button
                type="button"
                class="quiet"
                onClick={() => go(studyAddress(study.name, "trial", String(alone)))}
              >
                Open trial {alone}
              </button>
            </>
          ) : (
            hovered || "Click a curve to isolate it; drag to zoom, double-click to zoom out."
          )}
        </p>
      </Figure>
      <label class="isolate">
        isolate trial{" "}
        <input
          type="number"
          min="0"
          value={alone ?? ""}
          onChange={(event) => {
            const given = event.currentTarget.value;
            setAlone(given === "" ? null : Number(given));
          }}
        />
      </label>
    </>
  );
}

function Choice(props: {
  label: string;
  value: string;
  of: readonly string[];
  onChange(value: string): void;
}) {
  return (
    <label>
      {props.label}{" "}
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value)}>
        {props.of.map((one) => (
          <option key={one} value={one}>
            {one.slice(0, 40)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The rows that colours come from: fetched apart, for the table shows only a page of them. */
function useRows(study: StudyMessage): ReadonlyMap<number, TrialRow> {
  const [rows, setRows] = useState<ReadonlyMap<number, TrialRow>>(new Map());
  const n_trials = nTrials(study);
  useEffect(() => {
    const all = { sort: "value", descending: study.objective.direction === "maximize" };
    const rest = { states: [], text: "", offset: 0, limit: MAX_ROWS };
    source
      .trials(study.name, { ...all, ...rest })
      .then((page) => setRows(new Map(page.rows.map((row) => [row.number, row]))))
      .catch(() => setRows(new Map()));
  }, [study.name, n_trials]);
  return rows;
}

/** What is said of the isolated curve, as new as the findings are. */
function useVerdicts(study: StudyMessage, alone: number | null): readonly FindingMessage[] {
  const [found, setFound] = useState<TrialMessage | null>(null);
  useEffect(() => {
    if (alone === null) return;
    source
      .trial(study.name, alone)
      .then(setFound)
      .catch(() => setFound(null));
  }, [study.name, alone, study.findings_seq]);
  return found?.row.number === alone ? (found?.verdicts ?? []) : [];
}

interface Look {
  readonly smooth: number;
  readonly over: string;
  readonly by: string;
  readonly alone: number | null;
  readonly rows: ReadonlyMap<number, TrialRow>;
  readonly study: StudyMessage;
}

function made(curves: readonly CurveMessage[], look: Look): Line[] {
  const colour = colourOf(look);
  return curves.map((curve) => ({
    trial: curve.trial,
    x: look.over === "step" ? curve.steps : curve.seconds,
    y: look.smooth > 0 ? smoothed(curve.values, look.smooth) : curve.values,
    colour: colour(curve.trial),
    isFaint: look.alone !== null && look.alone !== curve.trial,
  }));
}

/** What the colours stand for: the values of a choice, or five places of a scale. */
function Key({ look }: { look: Look }) {
  return (
    <p class="keys" aria-label={`Colours of ${look.by}`}>
      {keysOf(look).map(([label, colour]) => (
        <span key={label}>
          <span class="dot-key" style={{ background: colour }} />
          {label.slice(0, 40)}
        </span>
      ))}
    </p>
  );
}

function keysOf({ by, rows, study }: Look): [string, string][] {
  const parameter = study.space.find((one) => one.name === by);
  const n = parameter?.values.length ?? 0;
  if (parameter?.scale === "choice") {
    return parameter.values.map((value, i) => [
      scalar(value),
      parameter.is_ordered ? ramp((i + 0.5) / n) : seriesColour(i),
    ]);
  }
  const [low, high] = valuesSpan(rows);
  const at = (unit: number) => {
    if (parameter) return valueAt(parameter, unit);
    return by === "value" ? low + unit * (high - low) : Number.NaN;
  };
  const places = by === "trial" || !Number.isFinite(at(0)) ? [] : [0, 0.25, 0.5, 0.75, 1];
  return places.map((unit) => [figure(at(unit), 3), ramp(unit)]);
}

function valuesSpan(rows: ReadonlyMap<number, TrialRow>): [number, number] {
  const values = [...rows.values()].flatMap((row) => (row.value === null ? [] : [row.value]));
  return [Math.min(...values), Math.max(...values)];
}

function colourOf({ by, rows, study }: Look): (trial: number) => string {
  const unknown = ink().faint;
  if (by === "trial") return (trial) => seriesColour(trial);
  if (by === "value") {
    const [low, high] = valuesSpan(rows);
    return (trial) => {
      const value = rows.get(trial)?.value;
      if (value === null || value === undefined) return unknown;
      return ramp(high > low ? (value - low) / (high - low) : 1);
    };
  }
  const parameter = study.space.find((one) => one.name === by);
  return (trial) => {
    const value = rows.get(trial)?.config[by];
    const unit = parameter ? unitPlace(parameter, value) : null;
    if (unit === null || !parameter) return unknown;
    if (parameter.scale !== "choice" || parameter.is_ordered) return ramp(unit);
    return seriesColour(Math.floor(unit * parameter.values.length));
  };
}

/** An exponential mean whose first values are not drawn to zero (S1.1). */
export function smoothed(values: readonly (number | null)[], factor: number): (number | null)[] {
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    sum = factor * sum + (1 - factor) * value;
    weight = factor * weight + (1 - factor);
    return sum / weight;
  });
}

function summaryOf(
  curves: readonly CurveMessage[],
  metric: string,
  n_left_out: number,
  smooth: number,
): string {
  const n_points = curves.reduce((sum, curve) => sum + curve.steps.length, 0);
  const last = curves.flatMap((curve) => curve.values.at(-1) ?? []);
  const ends = last.length
    ? `; they end between ${figure(Math.min(...last))} and ${figure(Math.max(...last))}`
    : "";
  return (
    `${count(curves.length, "curve")} of ${metric}, ${count(n_points, "point")}${ends}.` +
    (n_left_out ? ` ${count(n_left_out, "curve")} of worse trials left out.` : "") +
    (smooth > 0 ? ` Smoothed with factor ${smooth}.` : "")
  );
}
