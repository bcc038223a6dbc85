// The best value so far, against trials, steps, time or cost (S0.24).
import { useMemo, useState } from "preact/hooks";
import { duration, figure } from "../format";
import type { IncumbentMessage, StudyMessage } from "../messages";
import { stairs } from "../progress";
import { axes, EChart, plain } from "./echart";
import { Figure } from "./figure";
import { ink, theme } from "./palette";

const OVER = {
  trials: { key: "n_trials", label: "trials ended" },
  steps: { key: "steps", label: "training steps" },
  time: { key: "seconds", label: "seconds" },
  cost: { key: "cost", label: "cost" },
} as const;
type Over = keyof typeof OVER;

export function Incumbent({ study, onTrial }: { study: StudyMessage; onTrial(n: number): void }) {
  const [over, setOver] = useState<Over>("trials");
  const points = study.incumbent;
  const choices = (Object.keys(OVER) as Over[]).filter(
    (one) => one !== "cost" || points.some((point) => point.cost !== null),
  );
  const option = useMemo(() => options(study, over), [points, over, theme.value, study.seq]);
  const last = points[points.length - 1];
  const summary = last
    ? `Best ${study.objective.metric} ${figure(last.value)}, by trial ${last.trial}, ` +
      `after ${last.n_trials} trials, ${figure(last.steps)} steps and ${duration(last.seconds)}; ` +
      `improved ${points.length} times.`
    : "No trial has ended with a value yet.";
  const controls = (
    <label>
      over{" "}
      <select value={over} onChange={(e) => setOver(e.currentTarget.value as Over)}>
        {choices.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  );
  const data = () => [
    ["trial", "value", "trials ended", "steps", "seconds", "cost"],
    ...points.map((p) => [p.trial, p.value, p.n_trials, p.steps, p.seconds, p.cost]),
  ];
  return (
    <Figure title="Best so far" summary={summary} data={data} controls={controls}>
      {last && <EChart option={option} height={240} onTrial={onTrial} />}
    </Figure>
  );
}

function options(study: StudyMessage, over: Over) {
  const colours = ink();
  const { key, label } = OVER[over];
  const place = (point: IncumbentMessage) => Number(point[key] ?? 0);
  const points = study.incumbent.map((p) => ({ value: [place(p), p.value], trial: p.trial }));
  const { x, y } = stairs(study, key);
  const common = axes(
    { type: "value", name: label, min: 0, axisLabel: { formatter: (v: number) => figure(v, 3) } },
    {
      type: "value",
      name: plain(study.objective.metric),
      axisLabel: { formatter: (v: number) => figure(v, 3) },
    },
  );
  return {
    ...common,
    tooltip: {
      ...common["tooltip"],
      formatter: ({ data }: { data: { value: number[]; trial?: number } }) =>
        data.trial === undefined ? "" : `trial ${data.trial}: ${figure(data.value[1])}`,
    },
    series: [
      {
        type: "line",
        showSymbol: false,
        silent: true,
        data: x.map((at, n) => [at, y[n]]),
        lineStyle: { color: colours.accent, width: 2 },
        areaStyle: { color: colours.accent, opacity: 0.07, origin: "start" },
      },
      {
        type: "scatter",
        data: points,
        symbolSize: 8,
        itemStyle: { color: colours.accent, borderColor: colours.surface, borderWidth: 1.5 },
      },
    ],
  };
}
