// The best to expect of k trials, mean and quartiles (S4.45).
import { useMemo } from "preact/hooks";
import { figure } from "../format";
import type { ExpectedBest as BestOf, Objective } from "../messages";
import { axes, EChart, type Option, plain } from "./echart";
import { Figure } from "./figure";
import { ink, theme } from "./palette";

interface Props {
  readonly points: readonly BestOf[];
  readonly objective: Objective;
  readonly seedNoise: number | null;
}

export function ExpectedBest({ points, objective, seedNoise }: Props) {
  const option = useMemo(() => options(points, objective), [points, theme.value]);
  const last = points[points.length - 1];
  const half = last && points.findLast((point) => point.k <= last.k / 2);
  const summary = !last
    ? "Shown from 20 feasible trials on."
    : `Of ${last.k} trials the best is expected at ${figure(last.mean)}` +
      (half
        ? `; of ${half.k} at ${figure(half.mean)} (quartiles ${figure(half.lower)} to ` +
          `${figure(half.upper)}): doubling them gained ${figure(Math.abs(last.mean - half.mean), 2)}, ` +
          (seedNoise === null
            ? "seed noise is unknown: no configuration was trained twice."
            : `seed noise is ${figure(seedNoise, 2)}.`)
        : ".");
  const data = () => [
    ["trials", "mean", "lower quartile", "median", "upper quartile"],
    ...points.map((p) => [p.k, p.mean, p.lower, p.median, p.upper]),
  ];
  return (
    <Figure title="Expected best of k trials" summary={summary} data={data}>
      {last ? <EChart option={option} height={220} /> : null}
    </Figure>
  );
}

function options(points: readonly BestOf[], objective: Objective): Option {
  const colours = ink();
  const low = (p: BestOf) => Math.min(p.lower, p.upper);
  const high = (p: BestOf) => Math.max(p.lower, p.upper);
  const common = axes(
    { type: "value", name: "trials", min: "dataMin", max: "dataMax" },
    {
      type: "value",
      name: plain(objective.metric),
      axisLabel: { formatter: (v: number) => figure(v, 3) },
    },
  );
  const line = { type: "line", showSymbol: false, silent: true };
  return {
    ...common,
    series: [
      {
        ...line,
        data: points.map((p) => [p.k, low(p)]),
        stack: "quartiles",
        stackStrategy: "all",
        lineStyle: { opacity: 0 },
      },
      {
        ...line,
        data: points.map((p) => [p.k, high(p) - low(p)]),
        stack: "quartiles",
        stackStrategy: "all",
        lineStyle: { opacity: 0 },
        areaStyle: { color: colours.accent, opacity: 0.18 },
      },
      { ...line, data: points.map((p) => [p.k, p.mean]), lineStyle: { color: colours.accent } },
    ],
  };
}
