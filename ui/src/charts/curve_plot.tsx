// Learning curves on one canvas: uPlot for axes, zoom and cursor; the lines are drawn here, for a
// thousand curves with steps of their own are no table of aligned columns.
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { figure } from "../format";
import { ink, theme } from "./palette";

export interface Line {
  readonly trial: number;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  readonly colour: string;
  readonly isFaint: boolean;
}

interface Props {
  readonly lines: readonly Line[];
  readonly isLog: boolean;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly height: number;
  readonly onTrial?: (trial: number) => void;
  readonly onHover?: (told: string) => void;
}

const NEAR_PX = 24;

export function CurvePlot(props: Props) {
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const plot = useRef<uPlot | null>(null);
  const { isLog, xLabel, yLabel, height } = props;
  const range = useMemo(() => extent(props.lines, isLog), [props.lines, isLog]);
  const ranges = useRef(range);
  ranges.current = range;
  useEffect(() => {
    const made = makePlot(place.current!, latest, ranges);
    plot.current = made;
    const observer = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry!.contentRect.width);
      if (width > 0) made.setSize({ width, height });
    });
    observer.observe(place.current!);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [isLog, xLabel, yLabel, height, theme.value]);
  useEffect(() => {
    const { x, y } = range;
    plot.current?.setData([x, y], true);
  }, [range]);
  return <div ref={place} class="chart" aria-hidden="true" />;
}

type Extent = { x: [number, number]; y: [number, number] };

function makePlot(
  place: HTMLElement,
  latest: { current: Props },
  ranges: { current: Extent },
): uPlot {
  const { isLog, xLabel, yLabel, height } = latest.current;
  const colours = ink();
  const axis = {
    stroke: colours.muted,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
    labelFont: "11px system-ui, sans-serif",
    labelSize: 18,
  };
  const values = (_: uPlot, ticks: (number | null)[]) =>
    ticks.map((tick) => (tick === null ? "" : figure(tick, 3)));
  let hovered: number | null = null;
  const options: uPlot.Options = {
    width: Math.max(200, place.clientWidth),
    height,
    legend: { show: false },
    padding: [8, 12, 0, 0],
    cursor: { points: { show: false }, y: false, drag: { x: true, y: false } },
    scales: {
      x: { time: false },
      y: {
        distr: isLog ? 3 : 1,
        range: (self, low, high) => spread(self, low, high, ranges.current.y, isLog),
      },
    },
    axes: [
      { ...axis, label: xLabel, size: 22, values },
      { ...axis, label: yLabel, size: 52, values },
    ],
    series: [{}, { show: true, paths: () => null, points: { show: false } }],
    hooks: {
      draw: [(self) => drawLines(self, latest.current.lines, hovered, isLog)],
      setCursor: [
        (self) => {
          const found = nearest(self, latest.current.lines);
          const trial = found?.trial ?? null;
          latest.current.onHover?.(found ? found.told : "");
          if (trial !== hovered) {
            hovered = trial;
            self.redraw(false);
          }
        },
      ],
    },
  };
  const made = new uPlot(options, [ranges.current.x, ranges.current.y], place);
  made.over.addEventListener("click", () => {
    const found = nearest(made, latest.current.lines);
    if (found) latest.current.onTrial?.(found.trial);
  });
  return made;
}

function spread(
  _: uPlot,
  low: number | null,
  high: number | null,
  whole: [number, number],
  isLog: boolean,
): [number, number] {
  const [from, to] = [low ?? whole[0], high ?? whole[1]];
  if (isLog) return from > 0 ? [from / 1.1, to * 1.1] : [1e-3, 1];
  const margin = (to - from || Math.abs(to) || 1) * 0.04;
  return [from - margin, to + margin];
}

function extent(lines: readonly Line[], isLog: boolean): Extent {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const line of lines) {
    for (let i = 0; i < line.x.length; i++) {
      const y = line.y[i];
      if (y === null || y === undefined || (isLog && y <= 0)) continue;
      const x = line.x[i]!;
      x0 = Math.min(x0, x);
      x1 = Math.max(x1, x);
      y0 = Math.min(y0, y);
      y1 = Math.max(y1, y);
    }
  }
  if (x0 > x1) return { x: [0, 1], y: isLog ? [0.1, 1] : [0, 1] };
  return { x: x1 > x0 ? [x0, x1] : [x0 - 1, x1 + 1], y: [y0, y1] };
}

function drawLines(self: uPlot, lines: readonly Line[], hovered: number | null, isLog: boolean) {
  const { ctx } = self;
  const { left, top, width, height } = self.bbox;
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.lineJoin = "round";
  const isCrowded = lines.filter((line) => !line.isFaint).length > 60;
  const drawn = [...lines].sort((a, b) => Number(b.isFaint) - Number(a.isFaint));
  if (hovered !== null) drawn.push(...lines.filter((line) => line.trial === hovered));
  drawn.forEach((line, n) => {
    const isTop = n >= lines.length;
    ctx.strokeStyle = ctx.fillStyle = line.colour;
    ctx.globalAlpha = isTop ? 1 : line.isFaint ? 0.12 : isCrowded ? 0.55 : 0.9;
    ctx.lineWidth = (isTop ? 3 : isCrowded ? 1.1 : 1.7) * ratio;
    strokeLine(self, line, isLog, ratio);
  });
  ctx.restore();
}

function strokeLine(self: uPlot, line: Line, isLog: boolean, ratio: number) {
  const { ctx } = self;
  ctx.beginPath();
  let n = 0;
  let [px, py] = [0, 0];
  for (let i = 0; i < line.x.length; i++) {
    const y = line.y[i];
    if (y === null || y === undefined || (isLog && y <= 0)) {
      n = 0;
      continue;
    }
    px = self.valToPos(line.x[i]!, "x", true);
    py = self.valToPos(y, "y", true);
    if (n++ === 0) ctx.moveTo(px, py);
    else ctx.lineTo(px, py);
  }
  ctx.stroke();
  if (line.x.length === 1 && n === 1) {
    ctx.beginPath();
    ctx.arc(px, py, 3 * ratio, 0, 2 * Math.PI);
    ctx.fill();
  }
}

function nearest(self: uPlot, lines: readonly Line[]): { trial: number; told: string } | null {
  const { left, top } = self.cursor;
  if (left === undefined || top === undefined || left < 0) return null;
  let best = NEAR_PX * NEAR_PX;
  let found: { trial: number; told: string } | null = null;
  for (const line of lines) {
    if (line.isFaint) continue;
    for (let i = 0; i < line.x.length; i++) {
      const y = line.y[i];
      if (y === null || y === undefined) continue;
      const dx = self.valToPos(line.x[i]!, "x") - left;
      if (Math.abs(dx) > NEAR_PX) continue;
      const dy = self.valToPos(y, "y") - top;
      const distance = dx * dx + dy * dy;
      if (distance < best) {
        best = distance;
        found = { trial: line.trial, told: `trial ${line.trial}: ${figure(y)} at ${figure(line.x[i]!)}` };
      }
    }
  }
  return found;
}
