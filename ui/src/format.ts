// Numbers, times and values as people read them.
import type { ParameterMessage, Scalar } from "./messages";

/** A measured number in at most `digits` significant figures; "–" for none. */
export function figure(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return value.toLocaleString("en-US");
  if (size < 1e-3 || size >= 1e7) {
    const [mantissa, power] = value.toExponential(Math.min(2, digits - 1)).split("e");
    return `${Number(mantissa)}e${Number(power)}`;
  }
  return String(Number(value.toPrecision(digits)));
}

/** A parameter's value. */
export function scalar(value: Scalar | undefined): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return figure(value);
  return String(value);
}

/** Seconds as the two largest units: "3 h 12 min". */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds === 0) return "0 s";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(2))} s`;
  const units: [number, string][] = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const first = units.findIndex(([size]) => seconds >= size);
  const [size, name] = units[first]!;
  const whole = Math.floor(seconds / size);
  const next = units[first + 1];
  const rest = next ? Math.floor((seconds - whole * size) / next[0]) : 0;
  return rest && next ? `${whole} ${name} ${rest} ${next[1]}` : `${whole} ${name}`;
}

/** A moment, in the reader's own zone. */
export function moment(at: number): string {
  return new Date(at * 1000).toLocaleString(undefined, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
}

/** How long ago a moment was. */
export function ago(at: number, now = Date.now() / 1000): string {
  const passed = Math.max(0, now - at);
  return passed < 5 ? "just now" : `${duration(Math.round(passed))} ago`;
}

export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  if (n < 1e6) return `${(n / 1e3).toFixed(1)} kB`;
  return n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(2)} GB`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** "1 trial", "2 trials". */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}

/** A text no longer than `limit` characters. */
export function shortened(text: string, limit = 60): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

/** Where a value lies on its parameter's scale, 0 to 1; null if it has no place there. */
export function unitPlace(parameter: ParameterMessage, value: Scalar | undefined): number | null {
  if (value === null || value === undefined) return null;
  if (parameter.scale === "choice") {
    const place = parameter.values.findIndex((one) => one === value);
    if (place < 0) return null;
    return (place + 0.5) / parameter.values.length;
  }
  const { low, high } = parameter;
  if (typeof value !== "number" || low === null || high === null) return null;
  const [from, to, at] = [low, high, value].map((x) => scaled(parameter.scale, x)) as [
    number,
    number,
    number,
  ];
  return to > from ? Math.min(1, Math.max(0, (at - from) / (to - from))) : 0.5;
}

function scaled(scale: string, x: number): number {
  if (scale === "log") return Math.log(Math.max(x, 1e-300));
  return scale === "1-x" ? -Math.log(Math.max(1 - x, 1e-300)) : x;
}

/** The value at a place of a numeric parameter's scale: the inverse of `unitPlace`. */
export function valueAt(parameter: ParameterMessage, unit: number): number {
  const low = parameter.low ?? 0;
  const high = parameter.high ?? 1;
  const from = scaled(parameter.scale, low);
  const x = from + unit * (scaled(parameter.scale, high) - from);
  if (parameter.scale === "log") return Math.exp(x);
  return parameter.scale === "1-x" ? 1 - Math.exp(-x) : x;
}
