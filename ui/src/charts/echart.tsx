// An ECharts chart as a component: made once, told its options again when they change.
import { init } from "echarts";
import { useEffect, useRef } from "preact/hooks";
import { ink, theme } from "./palette";

// ECharts' own types of options are larger than this page; what it draws is tested in a browser.
// biome-ignore lint: the one loose type of the page
export type Option = Record<string, any>;

interface Props {
  readonly option: Option;
  readonly height: number;
  /** Called with the trial of a clicked point: points carry it as `trial`. */
  readonly onTrial?: (trial: number) => void;
  /** Called once with the chart, for what cannot be an option. */
  readonly onReady?: (chart: ReturnType<typeof init>) => void;
}

export function EChart({ option, height, onTrial, onReady }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init> | null>(null);
  const click = useRef(onTrial);
  click.current = onTrial;
  useEffect(() => {
    const made = init(place.current!, null, { renderer: "canvas" });
    chart.current = made;
    made.on("click", (event) => {
      const trial = (event.data as { trial?: number } | undefined)?.trial;
      if (trial !== undefined) click.current?.(trial);
    });
    onReady?.(made);
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(place.current!);
    return () => {
      observer.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption({ animation: false, ...option }, { notMerge: true });
  }, [option, theme.value]);
  return <div ref={place} class="chart" style={{ height: `${height}px` }} aria-hidden="true" />;
}

/** What all charts with two axes have in common. */
export function axes(x: Option, y: Option): Option {
  const colours = ink();
  const common = {
    nameTextStyle: { color: colours.muted, fontSize: 11 },
    nameLocation: "middle",
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { show: false },
    axisLabel: { color: colours.muted, fontSize: 11, hideOverlap: true, ...x["axisLabel"] },
    splitLine: { lineStyle: { color: colours.line, opacity: 0.55 } },
  };
  return {
    grid: { left: 58, right: 16, top: 12, bottom: 40 },
    tooltip: tooltip(),
    xAxis: { nameGap: 24, ...common, splitLine: { show: false }, ...x, axisLabel: common.axisLabel },
    yAxis: {
      nameGap: 46,
      scale: true,
      ...common,
      ...y,
      axisLabel: { color: colours.muted, fontSize: 11, ...y["axisLabel"] },
    },
  };
}

/** Text drawn on the canvas: no HTML is made of what users have named. */
export function tooltip(): Option {
  const colours = ink();
  return {
    trigger: "item",
    renderMode: "richText",
    confine: true,
    backgroundColor: colours.surface,
    borderColor: colours.line,
    textStyle: { color: colours.text, fontSize: 12 },
  };
}

/** A text without the braces and bars that ECharts reads as marks of style. */
export function plain(text: string): string {
  const flat = text.replace(/[{}|]/g, " ").replace(/\s+/g, " ");
  return flat.length > 80 ? `${flat.slice(0, 79)}…` : flat;
}
