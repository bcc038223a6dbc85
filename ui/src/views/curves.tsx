// All trials' learning curves of one metric: smoothed, on a log axis, coloured by any parameter.
import { useEffect, useMemo, useState } from "preact/hooks";
import { CurvePlot, type Line } from "../charts/curve_plot";
import { Figure } from "../charts/figure";
import { theme } from "../charts/palette";
import { count, figure } from "../format";
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
import { colourOf, Key, type Look } from "./curve_key";
import { CurveTag, Waiting } from "./parts";

const MAX_ROWS = 500;
/** So many smoothed curves have their raw points behind them (S1.1); the isolated one always. */
const MAX_RAW = 30;

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

function made(curves: readonly CurveMessage[], look: Look): Line[] {
  const colour = colourOf(look);
  const isRawShown = (trial: number) => curves.length <= MAX_RAW || look.alone === trial;
  return curves.flatMap((curve) => {
    const raw = {
      trial: curve.trial,
      x: look.over === "step" ? curve.steps : curve.seconds,
      y: curve.values,
      colour: colour(curve.trial),
      isFaint: look.alone !== null && look.alone !== curve.trial,
    };
    if (look.smooth === 0) return [raw];
    const smooth = { ...raw, y: smoothed(curve.values, look.smooth) };
    return isRawShown(curve.trial) ? [{ ...raw, isFaint: true }, smooth] : [smooth];
  });
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
