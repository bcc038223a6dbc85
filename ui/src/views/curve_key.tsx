// The colours of curves, by trial, by value or by a parameter, and the key to them.
import { ink, ramp, seriesColour } from "../charts/palette";
import { figure, scalar, unitPlace, valueAt } from "../format";
import type { StudyMessage, TrialRow } from "../messages";

/** How the curves are to be drawn. */
export interface Look {
  readonly smooth: number;
  readonly over: string;
  readonly by: string;
  readonly alone: number | null;
  readonly rows: ReadonlyMap<number, TrialRow>;
  readonly study: StudyMessage;
}

/** What the colours stand for: the values of a choice, or five places of a scale. */
export function Key({ look }: { look: Look }) {
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

export function colourOf({ by, rows, study }: Look): (trial: number) => string {
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
