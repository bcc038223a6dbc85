// One parameter against the value reached (S4.22): nothing is dropped, the best three are starred.
import { useMemo } from "preact/hooks";
import { figure, scalar } from "../format";
import type {
  AxisPoint,
  EdgeFinding,
  Objective,
  ParameterMessage,
} from "../messages";
import { axes, EChart, type Option, plain } from "./echart";
import { Figure } from "./figure";
import { ink, theme } from "./palette";
import { tickLabels } from "./ticks";

interface Props {
  readonly parameter: ParameterMessage;
  readonly objective: Objective;
  readonly points: readonly AxisPoint[];
  readonly edges: readonly EdgeFinding[];
  readonly onTrial: (trial: number) => void;
}

/** The outer share of a range that is its edge (S4.21): the dashed line where the best lie in it. */
const EDGE = 0.1;
const STAR =
  "path://M12 1l3.1 7 7.6.7-5.8 5 1.8 7.5L12 17.3l-6.7 3.9 1.8-7.5-5.8-5 7.6-.7z";
const CROSS = "path://M3 1L1 3l5 5-5 5 2 2 5-5 5 5 2-2-5-5 5-5-2-2-5 5z";

export function AxisPlot({ parameter, objective, points, edges, onTrial }: Props) {
  const option = useMemo(
    () => options(parameter, objective, points, edges),
    [parameter.name, points, edges, theme.value],
  );
  const n_bad = points.filter((point) => point.value === null).length;
  const top = points.filter((point) => point.is_top).map((point) => scalar(point.x));
  const told = edges.map(
    (edge) =>
      ` The best lie at the ${edge.is_high ? "upper" : "lower"} edge: ${edge.advice}` +
      (edge.proposed === null ? "." : `, to ${figure(edge.proposed)}.`),
  );
  const best = top.length ? ` The best have ${parameter.name} ${top.join(", ")}.` : "";
  const summary =
    `${points.length - n_bad} trials with a value and ${n_bad} infeasible.` + best + told.join("");
  const data = () => [
    ["trial", parameter.name, objective.metric, "top"],
    ...points.map((p) => [p.trial, p.x, p.value, p.is_top]),
  ];
  return (
    <Figure title={parameter.name} summary={summary} data={data}>
      <EChart option={option} height={220} onTrial={onTrial} />
    </Figure>
  );
}

function options(
  parameter: ParameterMessage,
  objective: Objective,
  points: readonly AxisPoint[],
  edges: readonly EdgeFinding[],
): Option {
  const colours = ink();
  const bad = points.filter((point) => point.value === null);
  const good = points.filter((point) => point.value !== null);
  const worst = edgeOf(good, objective.direction);
  const mark = (point: AxisPoint, y: number) => ({
    value: [point.unit, y],
    trial: point.trial,
    told: `trial ${point.trial}: ${scalar(point.x)} gave ${figure(point.value)}`,
  });
  const common = axes(unitAxis(parameter), {
    type: "value",
    axisLabel: { formatter: (v: number) => figure(v, 3) },
  });
  const outer = parameter.scale === "choice" ? 1 / parameter.values.length : EDGE;
  const opacity = good.length > 200 ? 0.4 : 0.75;
  return {
    ...common,
    grid: { left: 52, right: 12, top: 12, bottom: 26 },
    tooltip: {
      ...common["tooltip"],
      formatter: ({ data }: { data: { told: string } }) => plain(data.told),
    },
    series: [
      ...edges.map((edge) => ({
        type: "line",
        silent: true,
        showSymbol: false,
        lineStyle: { color: colours.bad, type: "dashed", width: 1.5 },
        data: good.length ? span(good).map((y) => [edge.is_high ? 1 - outer : outer, y]) : [],
      })),
      {
        type: "scatter",
        symbolSize: good.length > 500 ? 5 : 7,
        itemStyle: { color: colours.accent, opacity },
        data: good.filter((point) => !point.is_top).map((point) => mark(point, point.value!)),
      },
      {
        type: "scatter",
        symbol: CROSS,
        symbolSize: 8,
        itemStyle: { color: colours.bad, opacity: 0.8 },
        data: bad.map((point) => ({
          ...mark(point, worst),
          told: `trial ${point.trial}: ${scalar(point.x)} was infeasible`,
        })),
      },
      {
        type: "scatter",
        symbol: STAR,
        symbolSize: 17,
        itemStyle: { color: colours.best, borderColor: colours.surface, borderWidth: 1 },
        data: good.filter((point) => point.is_top).map((point) => mark(point, point.value!)),
      },
    ],
  };
}

/** Crosses stand where the worst values are, outside the others. */
function edgeOf(good: readonly AxisPoint[], direction: string): number {
  if (good.length === 0) return 0;
  const [low, high] = span(good);
  const margin = (high - low || 1) * 0.06;
  return direction === "maximize" ? low - margin : high + margin;
}

function span(good: readonly AxisPoint[]): [number, number] {
  const values = good.map((point) => point.value!);
  return [Math.min(...values), Math.max(...values)];
}

/** An axis over the places 0 to 1 of a parameter's scale, labelled with its values. */
export function unitAxis(parameter: ParameterMessage): Option {
  return { type: "value", min: 0, max: 1, axisLabel: tickLabels(parameter) };
}
