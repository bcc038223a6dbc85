// Colours of all charts: told apart by eyes of every kind (Okabe and Ito; cividis), in both themes.
import { signal } from "@preact/signals";

export interface Ink {
  readonly text: string;
  readonly muted: string;
  readonly faint: string;
  readonly line: string;
  readonly surface: string;
  readonly accent: string;
  readonly best: string;
  readonly bad: string;
}

/** Goes up when the theme changes: a chart that reads it draws itself again. */
export const theme = signal(0);

/** The colours of the present theme, as the style sheet has them. */
export function ink(): Ink {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: of("text"),
    muted: of("muted"),
    faint: of("faint"),
    line: of("line"),
    surface: of("surface"),
    accent: of("accent"),
    best: of("best"),
    bad: of("bad"),
  };
}

const SERIES_LIGHT = ["#0072b2", "#d55e00", "#009e73", "#b8569a", "#8a6d00", "#3a7ca5", "#5a5a5a"];
const SERIES_DARK = ["#56b4e9", "#e69f00", "#2fc79a", "#e28fc4", "#f0e442", "#7fb3d5", "#b0b0b0"];

export function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen) return chosen === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The colour of the n-th series. */
export function seriesColour(n: number): string {
  const colours = isDark() ? SERIES_DARK : SERIES_LIGHT;
  return colours[n % colours.length]!;
}

const CIVIDIS = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [225, 204, 85],
  [254, 232, 56],
] as const;

/** The colour of a number between 0 and 1; the end near the surface's own colour is left out. */
export function ramp(unit: number): string {
  const [from, to] = isDark() ? [0.28, 1] : [0, 0.84];
  const place = (from + (to - from) * Math.min(1, Math.max(0, unit))) * (CIVIDIS.length - 1);
  const n = Math.min(CIVIDIS.length - 2, Math.floor(place));
  const mixed = [0, 1, 2].map((channel) => {
    const [a, b] = [CIVIDIS[n]![channel]!, CIVIDIS[n + 1]![channel]!];
    return Math.round(a + (b - a) * (place - n));
  });
  return `rgb(${mixed.join(",")})`;
}

/** Follows the system's theme; `chooseTheme` overrides it. */
export function followTheme(): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  const kept = remembered();
  if (kept) document.documentElement.dataset["theme"] = kept;
}

export function chooseTheme(wanted: "light" | "dark"): void {
  document.documentElement.dataset["theme"] = wanted;
  try {
    localStorage.setItem("tunebook.theme", wanted);
  } catch {
    // A frame that may keep nothing forgets the theme.
  }
  redraw();
}

function redraw(): void {
  theme.value += 1;
}

function remembered(): string | null {
  try {
    const kept = localStorage.getItem("tunebook.theme");
    return kept === "light" || kept === "dark" ? kept : null;
  } catch {
    return null;
  }
}
