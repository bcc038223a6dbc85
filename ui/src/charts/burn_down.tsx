// What is left of the budget over time, and when it will be used up at this pace.
import { useMemo } from "preact/hooks";
import { duration, figure, percent } from "../format";
import type { StudyMessage } from "../messages";
import { axes, EChart, type Option } from "./echart";
import { Figure } from "./figure";
import { ink, seriesColour, theme } from "./palette";

/** From this share of the time on that was worked there was no pause to speak of. */
const STEADY = 0.95;

interface Burning {
  readonly name: string;
  /** The shares that are left: pairs of seconds and 0 to 1. */
  readonly points: readonly (readonly [number, number])[];
}

export function BurnDown({ study }: { study: StudyMessage }) {
  const all = useMemo(() => burning(study), [study.seq]);
  const option = useMemo(() => options(study, all), [all, theme.value]);
  if (all.length === 0 || study.spent.length < 2) return null;
  const left = all.map((one) => `${percent(one.points.at(-1)![1])} of ${one.name}`).join(", ");
  const end = study.forecast?.left_s ?? null;
  const summary = `Left: ${left}${end === null ? "" : `; at this pace over in ${duration(end)}`}.`;
  const data = () => [
    ["seconds", ...all.map((one) => `${one.name} left`)],
    ...all.flatMap((one, n) =>
      one.points.map(([at, left]) => [at, ...all.map((_, m) => (m === n ? left : null))]),
    ),
  ];
  return (
    <Figure title="Burn-down" summary={summary} data={data}>
      <EChart option={option} height={150} />
      <p class="keys">
        {all.map((one, n) => (
          <span key={one.name}>
            <span class="dot-key" style={{ background: seriesColour(n) }} />
            {one.name}
          </span>
        ))}
      </p>
    </Figure>
  );
}

function burning(study: StudyMessage): Burning[] {
  const passed = study.updated_at - study.created_at;
  // Time and cost are used up evenly, but for pauses: of those nothing is known here.
  const isSteady = study.active_s >= STEADY * passed;
  const now = Math.max(passed, isSteady ? study.active_s : 0);
  return study.budget.flatMap(({ name, used, limit }) => {
    const isCounted = name === "trials" || name === "steps";
    const isEven = isSteady && (name === "hours" || name === "cost");
    if (limit <= 0 || !(isCounted || isEven)) return [];
    const share = (spent: number) => Math.max(0, 1 - spent / limit);
    const told = isCounted
      ? study.spent.map((one) => [one.seconds, share(one[name])] as const)
      : [];
    return [{ name, points: [[0, 1] as const, ...told, [now, share(used)] as const] }];
  });
}

function options(study: StudyMessage, all: readonly Burning[]): Option {
  const colours = ink();
  const common = axes(
    { type: "value", min: 0, axisLabel: { formatter: (v: number) => duration(v) } },
    {
      type: "value",
      min: 0,
      max: 1,
      axisLabel: { formatter: (v: number) => `${figure(v * 100, 3)} %` },
    },
  );
  const line = { type: "line", showSymbol: false, silent: true };
  const left_s = study.forecast?.left_s ?? null;
  const ends = all.map((one) => one.points.at(-1)!);
  const tightest = ends.length ? ends.reduce((a, b) => (b[1] < a[1] ? b : a)) : null;
  return {
    ...common,
    grid: { left: 44, right: 16, top: 8, bottom: 22 },
    series: [
      ...all.map((one, n) => ({
        ...line,
        data: one.points,
        lineStyle: { color: seriesColour(n), width: 2 },
      })),
      ...(left_s !== null && tightest
        ? [
            {
              ...line,
              data: [tightest, [tightest[0] + left_s, 0]],
              lineStyle: { color: colours.muted, type: "dashed", width: 1.5 },
            },
          ]
        : []),
    ],
  };
}
