// The best trial over all other parameters for each stretch of one (S4.23), with its count.
import { useMemo } from "preact/hooks";
import { count, figure, scalar, valueAt } from "../format";
import type { BucketMessage, Objective, ParameterMessage } from "../messages";
import { unitAxis } from "./axis";
import { axes, EChart, type Option } from "./echart";
import { Figure } from "./figure";
import { ink, theme } from "./palette";

interface Props {
  readonly parameter: ParameterMessage;
  readonly objective: Objective;
  readonly buckets: readonly BucketMessage[];
}

export function Isolation({ parameter, objective, buckets }: Props) {
  const option = useMemo(
    () => options(parameter, objective, buckets),
    [parameter.name, buckets, theme.value],
  );
  const thin = buckets.filter((bucket) => bucket.is_thin).length;
  const best = bestOf(buckets, objective);
  const summary = best
    ? `Best at ${named(parameter, best)}: ${figure(best.best)} of ${count(best.n, "trial")}.` +
      overfitted(parameter, buckets) +
      (thin ? ` ${thin} of ${buckets.length} stretches have fewer than 3 trials: grey.` : "")
    : "No stretch has a trial with a value.";
  const data = () => [
    ["from", "to", "trials", "infeasible", "best", "third best", "expected best", "curve"],
    ...buckets.map((b) => [
      b.x ?? valueAt(parameter, b.low),
      b.x ?? valueAt(parameter, b.high),
      b.n,
      b.n_infeasible,
      b.best,
      b.third,
      b.expected,
      b.best_tags.join(", "),
    ]),
  ];
  return (
    <Figure title={`${parameter.name}, isolated`} summary={summary} data={data}>
      <EChart option={option} height={220} />
    </Figure>
  );
}

function bestOf(
  buckets: readonly BucketMessage[],
  objective: Objective,
): BucketMessage | undefined {
  const sign = objective.direction === "maximize" ? -1 : 1;
  const having = buckets.filter((bucket) => bucket.best !== null && !bucket.is_thin);
  return having.sort((a, b) => sign * (a.best! - b.best!))[0];
}

/** Where the best trial owes its value to a curve that rises again (S4.24). */
function overfitted(parameter: ParameterMessage, buckets: readonly BucketMessage[]): string {
  const found = buckets.filter(isOverfitted).map((bucket) => named(parameter, bucket));
  return found.length ? ` The best overfits at ${found.join(", ")}: marked !.` : "";
}

function isOverfitted(bucket: BucketMessage): boolean {
  return bucket.best_tags.some((tag) => tag.startsWith("overfits"));
}

function named(parameter: ParameterMessage, bucket: BucketMessage): string {
  if (bucket.x !== null) return scalar(bucket.x);
  const [low, high] = [bucket.low, bucket.high].map((unit) => figure(valueAt(parameter, unit), 3));
  return `${low} to ${high}`;
}

function options(
  parameter: ParameterMessage,
  objective: Objective,
  buckets: readonly BucketMessage[],
): Option {
  const colours = ink();
  const shown = buckets.filter((bucket) => bucket.best !== null);
  const common = axes(unitAxis(parameter), {
    type: "value",
    axisLabel: { formatter: (v: number) => figure(v, 3) },
  });
  const told = (bucket: BucketMessage) =>
    `${named(parameter, bucket)}: best ${figure(bucket.best)}, third ${figure(bucket.third)}\n` +
    `expected of as many as elsewhere ${figure(bucket.expected)}\n` +
    `${bucket.n} trials, ${bucket.n_infeasible} infeasible` +
    (bucket.best_tags.length ? `\ntrial ${bucket.best_trial} ${bucket.best_tags.join(", ")}` : "");
  const middle = (bucket: BucketMessage) => (bucket.low + bucket.high) / 2;
  return {
    ...common,
    grid: { left: 52, right: 12, top: 20, bottom: 26 },
    tooltip: {
      ...common["tooltip"],
      formatter: ({ data }: { data: { told?: string } }) => data.told ?? "",
    },
    series: [
      {
        type: "custom",
        renderItem: (_: unknown, api: any) => bar(api, colours.accent, colours.faint, colours.muted),
        encode: { x: [0, 1], y: [2, 3] },
        data: shown.map((bucket) => ({
          value: [
            bucket.low,
            bucket.high,
            bucket.best!,
            bucket.third ?? bucket.best!,
            bucket.n,
            bucket.is_thin ? 1 : 0,
            objective.direction === "maximize" ? 1 : 0,
            isOverfitted(bucket) ? 1 : 0,
          ],
          told: told(bucket),
        })),
      },
      {
        type: "scatter",
        symbol: "diamond",
        symbolSize: 8,
        itemStyle: { color: colours.surface, borderColor: colours.accent, borderWidth: 1.5 },
        data: shown
          .filter((bucket) => bucket.expected !== null && !bucket.is_thin)
          .map((bucket) => ({ value: [middle(bucket), bucket.expected], told: told(bucket) })),
      },
    ],
  };
}

/** A bar from the best to the third best, with the number of trials beside the best. */
function bar(api: any, accent: string, faint: string, muted: string) {
  const given = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => api.value(i));
  const [low, high, best, third, n, isThin, isMax, isOverfitted] = given;
  const [x0, y0] = api.coord([low, best]);
  const [x1, y1] = api.coord([high, third]);
  const gap = Math.max(2, (x1 - x0) * 0.14);
  const colour = isThin ? faint : accent;
  const shape = {
    x: x0 + gap,
    y: Math.min(y0, y1),
    width: x1 - x0 - 2 * gap,
    height: Math.max(2, Math.abs(y1 - y0)),
  };
  const end = { x1: x0 + gap, y1: y0, x2: x1 - gap, y2: y0 };
  return {
    type: "group",
    children: [
      { type: "rect", shape, style: { fill: colour, opacity: 0.22 } },
      { type: "line", shape: end, style: { stroke: colour, lineWidth: 3 } },
      {
        type: "text",
        style: {
          text: isOverfitted ? `${n} !` : String(n),
          x: (x0 + x1) / 2,
          y: isMax ? y0 - 4 : y0 + 4,
          align: "center",
          verticalAlign: isMax ? "bottom" : "top",
          fill: muted,
          fontSize: 10,
        },
      },
    ],
  };
}
