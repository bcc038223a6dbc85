// All parameters at once, a line for each trial; drag along an axis to keep what passes there.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { figure, unitPlace } from "../format";
import type { ParameterMessage, StudyMessage, TrialRow } from "../messages";
import { EChart, type Option, plain } from "./echart";
import { Figure } from "./figure";
import { ink, ramp, theme } from "./palette";
import { tickLabels } from "./ticks";

interface Props {
  readonly study: StudyMessage;
  readonly rows: readonly TrialRow[];
  readonly total: number;
  readonly onTrials: (trials: readonly number[] | null) => void;
}

/** Below every value: where lines of trials without one begin. */
const NOWHERE = -0.08;

export function Parallel({ study, rows, total, onTrials }: Props) {
  const [kept, keep] = useState<readonly number[] | null>(null);
  const searched = study.space.filter((one) => one.scale !== "choice" || one.values.length > 1);
  const shown = rows.filter((row) => row.value !== null || row.state === "infeasible");
  const current = useRef(shown);
  current.current = shown;
  const option = useMemo(() => options(study, searched, shown), [rows, theme.value]);
  useEffect(() => keep(null), [rows]);
  const summary =
    `${shown.length} trials over ${searched.length} parameters` +
    (total > rows.length ? `, the best ${rows.length} of ${total}` : "") +
    (kept ? `; ${kept.length} pass the chosen stretches.` : ". Drag along an axis to choose.");
  const data = () => [
    ["trial", ...searched.map((one) => one.name), study.objective.metric],
    ...shown.map((row) => [
      row.number,
      ...searched.map((one) => row.config[one.name] ?? null),
      row.value,
    ]),
  ];
  const follow = (chart: any) =>
    chart.on("axisareaselected", () => {
      const model = chart.getModel().getSeries()[0];
      const chosen: number[] = model.getRawIndicesByActiveState("active");
      const isAll = chosen.length === 0 || chosen.length === current.current.length;
      const numbers = chosen.map((i) => current.current[i]!.number);
      keep(isAll ? null : numbers);
      onTrials(isAll ? null : numbers);
    });
  return (
    <Figure title="Parallel coordinates" summary={summary} data={data}>
      <div class="scroll">
        <div style={{ minWidth: `${Math.max(320, 110 * (searched.length + 1))}px` }}>
          <EChart option={option} height={320} onReady={follow} />
        </div>
      </div>
    </Figure>
  );
}

function options(
  study: StudyMessage,
  searched: readonly ParameterMessage[],
  rows: readonly TrialRow[],
): Option {
  const colours = ink();
  const values = rows.flatMap((row) => (row.value === null ? [] : [row.value]));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const place = (value: number | null) =>
    value === null ? NOWHERE : high > low ? (value - low) / (high - low) : 0.5;
  const isMax = study.objective.direction === "maximize";
  const axis = (name: string, labels: Option) => ({
    name: plain(name).slice(0, 18),
    min: NOWHERE,
    max: 1,
    axisLabel: {
      ...labels,
      color: colours.text,
      fontSize: 10,
      textBorderColor: colours.surface,
      textBorderWidth: 3,
    },
  });
  const all = [
    ...searched.map((one) => axis(one.name, tickLabels(one))),
    axis(study.objective.metric, {
      customValues: [0, 0.25, 0.5, 0.75, 1],
      formatter: (unit: number) => figure(low + unit * (high - low), 3),
    }),
  ];
  const opacity = rows.length > 300 ? 0.25 : rows.length > 60 ? 0.45 : 0.7;
  return {
    parallel: {
      left: 40,
      right: 50,
      top: 34,
      bottom: 16,
      parallelAxisDefault: {
        type: "value",
        nameLocation: "end",
        nameTextStyle: { color: colours.text, fontSize: 11 },
        axisLine: { lineStyle: { color: colours.muted } },
        axisTick: { show: false },
        splitLine: { show: false },
        areaSelectStyle: { color: colours.accent, borderColor: colours.accent, opacity: 0.25 },
      },
    },
    parallelAxis: all.map((one, dim) => ({ dim, ...one })),
    series: [
      {
        type: "parallel",
        smooth: 0.06,
        inactiveOpacity: 0.04,
        activeOpacity: 0.9,
        data: rows.map((row) => {
          const unit = place(row.value);
          const good = isMax ? unit : 1 - unit;
          return {
            trial: row.number,
            value: [
              ...searched.map((one) => unitPlace(one, row.config[one.name]) ?? NOWHERE),
              unit,
            ],
            lineStyle:
              row.value === null
                ? { color: colours.bad, width: 1, opacity: opacity * 0.6, type: "dashed" }
                : { color: ramp(good), width: 1.3, opacity },
          };
        }),
      },
    ],
  };
}
