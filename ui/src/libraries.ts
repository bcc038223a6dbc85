// The libraries of the page, bundled once and minified; app.js takes them from this global.
import * as signals from "@preact/signals";
import * as echartsCore from "echarts/core";
import {
  CustomChart,
  LineChart,
  ParallelChart,
  ScatterChart,
} from "echarts/charts";
import {
  GridComponent,
  ParallelComponent,
  TooltipComponent,
} from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";
import * as preact from "preact";
import * as hooks from "preact/hooks";
import * as jsx from "preact/jsx-runtime";
import uplot from "uplot";

echartsCore.use([
  CustomChart,
  LineChart,
  ParallelChart,
  ScatterChart,
  GridComponent,
  ParallelComponent,
  TooltipComponent,
  CanvasRenderer,
]);

(globalThis as Record<string, unknown>)["tunebookLibraries"] = {
  preact,
  "preact/hooks": hooks,
  "preact/jsx-runtime": jsx,
  "@preact/signals": signals,
  echarts: { init: echartsCore.init },
  uplot,
};
