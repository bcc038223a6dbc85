// The charts of sections: lines, clouds, bars, steps between totals, and heat maps.
import { useMemo } from "preact/hooks";
import { figure, scalar } from "../format";
import type { Chart, ChartSeries } from "../messages";
import { axes, EChart, type Option, plain } from "./echart";
import { Figure } from "./figure";
import { seriesColour, theme } from "./palette";

export function SimpleChart({ chart }: { chart: Chart }) {
  const data = () => [
    ["series", chart.x_label || "x", chart.y_label || "y"],
    ...chart.series.flatMap((s) => s.x.map((x, n) => [s.name, x, s.y[n] ?? null])),
  ];
  return (
    <Figure title={chart.title} summary={chart.summary} data={data}>
      <Drawing chart={chart} />
    </Figure>
  );
}

function Drawing({ chart }: { chart: Chart }) {
  switch (chart.kind) {
    case "bar":
      return <Bars series={chart.series} isFall={false} />;
    case "waterfall":
      return <Bars series={chart.series} isFall={true} />;
    case "heat map":
      return <Heat series={chart.series} />;
    default:
      return <Plot chart={chart} />;
  }
}

function Plot({ chart }: { chart: Chart }) {
  const option = useMemo(() => plotted(chart), [chart, theme.value]);
  const named = chart.series.filter((series) => series.name);
  return (
    <>
      <EChart option={option} height={240} />
      {named.length > 0 && (
        <p class="keys">
          {named.map((series) => (
            <span class="key" key={series.name}>
              <span
                class="dot-key"
                style={{ background: seriesColour(chart.series.indexOf(series)) }}
              />
              {series.name}
            </span>
          ))}
        </p>
      )}
    </>
  );
}

function plotted(chart: Chart): Option {
  const label = { formatter: (value: number) => figure(value, 3) };
  const axis = (isLog: boolean, name: string) => ({
    type: isLog ? "log" : "value",
    name: plain(name),
    axisLabel: label,
    scale: true,
  });
  return {
    ...axes(axis(chart.is_x_log, chart.x_label), axis(chart.is_y_log, chart.y_label)),
    series: chart.series.map((series, n) => ({
      type: chart.kind,
      name: plain(series.name),
      data: series.x.map((x, i) => [x, series.y[i]]),
      showSymbol: series.x.length < 40,
      symbolSize: chart.kind === "scatter" ? 8 : 5,
      itemStyle: { color: seriesColour(n) },
      lineStyle: { color: seriesColour(n) },
    })),
  };
}

function Bars({ series, isFall }: { series: readonly ChartSeries[]; isFall: boolean }) {
  const rows = series.flatMap((one, place) => spans(one, isFall, place));
  const low = Math.min(0, ...rows.map((row) => row.from));
  const high = Math.max(0, ...rows.map((row) => row.to));
  const share = (value: number) => (high > low ? ((value - low) / (high - low)) * 100 : 0);
  return (
    <div class="bars" aria-hidden="true">
      {rows.map((row, n) => (
        <div class="bar-row" key={n}>
          <span class="name">{row.name}</span>
          <span class="track">
            <span
              class="fill"
              style={{
                left: `${share(row.from)}%`,
                width: `${share(row.to) - share(row.from)}%`,
                background: seriesColour(row.place),
              }}
            />
          </span>
          <span class="number">{figure(row.value, 3)}</span>
        </div>
      ))}
    </div>
  );
}

function spans(series: ChartSeries, isFall: boolean, place: number) {
  let at = 0;
  return series.x.map((x, n) => {
    const value = series.y[n] ?? 0;
    const [from, to] = [Math.min(at, at + value), Math.max(at, at + value)];
    if (isFall) at += value;
    return { name: scalar(x), value: series.y[n], from, to, place: value < 0 ? 1 : place };
  });
}

function Heat({ series }: { series: readonly ChartSeries[] }) {
  const values = series.flatMap((row) => row.y.filter((y) => y !== null)) as number[];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const unit = (y: number) => (high > low ? (y - low) / (high - low) : 0);
  return (
    <div class="scroll">
      <table class="heat">
        <thead>
          <tr>
            <td />
            {series[0]?.x.map((x, n) => (
              <th scope="col" key={n}>
                {scalar(x)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {series.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              {row.y.map((y, n) => (
                <td
                  key={n}
                  class={y === null ? "" : "hot"}
                  style={y === null ? {} : { "--heat": `${unit(y)}` }}
                >
                  {figure(y, 3)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
