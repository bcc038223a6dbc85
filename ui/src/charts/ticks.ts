// Round values along a parameter's scale, and where they lie.
import { figure, scalar, unitPlace } from "../format";
import type { ParameterMessage } from "../messages";
import { plain } from "./echart";

export interface Tick {
  readonly unit: number;
  readonly label: string;
}

const MAX_LABEL = 12;

/** At most about seven ticks; every value of a choice. */
export function ticks(parameter: ParameterMessage): readonly Tick[] {
  const { scale, values, low, high } = parameter;
  if (scale === "choice") {
    return values.map((value, n) => ({
      unit: (n + 0.5) / values.length,
      label: plain(scalar(value)).slice(0, MAX_LABEL),
    }));
  }
  if (low === null || high === null || low >= high) return [];
  const chosen =
    scale === "log" ? decades(low, high) : scale === "1-x" ? nines(low, high) : evenly(low, high);
  return chosen.flatMap((value) => {
    const unit = unitPlace(parameter, value);
    return unit === null ? [] : [{ unit, label: figure(value, 5) }];
  });
}

/** What an axis of ECharts needs to show these ticks. */
export function tickLabels(parameter: ParameterMessage) {
  const found = ticks(parameter);
  return {
    customValues: found.map((tick) => tick.unit),
    formatter: (unit: number) =>
      found.find((tick) => Math.abs(tick.unit - unit) < 1e-6)?.label ?? "",
  };
}

function decades(low: number, high: number): number[] {
  const [from, to] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  if (to - from < 1) return [low, Math.sqrt(low * high), high];
  const by = Math.ceil((to - from + 1) / 7);
  const found: number[] = [];
  for (let power = from; power <= to; power += by) found.push(10 ** power);
  return found;
}

function nines(low: number, high: number): number[] {
  const found = [low];
  for (let power = 1; power < 12; power++) {
    const value = Number((1 - 10 ** -power).toFixed(power));
    if (value > low && value < high) found.push(value);
  }
  return [...found, high];
}

function evenly(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((one) => one >= rough)!;
  const found: number[] = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) {
    found.push(Number((n * step).toPrecision(12)));
  }
  return found;
}
