"use strict";
(() => {
  // library:preact
  var options = globalThis.tunebookLibraries["preact"].options;
  var render = globalThis.tunebookLibraries["preact"].render;

  // library:preact/hooks
  var useEffect = globalThis.tunebookLibraries["preact/hooks"].useEffect;
  var useMemo = globalThis.tunebookLibraries["preact/hooks"].useMemo;
  var useRef = globalThis.tunebookLibraries["preact/hooks"].useRef;
  var useState = globalThis.tunebookLibraries["preact/hooks"].useState;

  // library:@preact/signals
  var effect = globalThis.tunebookLibraries["@preact/signals"].effect;
  var signal = globalThis.tunebookLibraries["@preact/signals"].signal;

  // src/charts/palette.ts
  var theme = signal(0);
  function ink() {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--${name}`).trim();
    return {
      text: of("text"),
      muted: of("muted"),
      faint: of("faint"),
      line: of("line"),
      surface: of("surface"),
      accent: of("accent"),
      best: of("best"),
      bad: of("bad")
    };
  }
  var SERIES_LIGHT = ["#0072b2", "#d55e00", "#009e73", "#b8569a", "#8a6d00", "#3a7ca5", "#5a5a5a"];
  var SERIES_DARK = ["#56b4e9", "#e69f00", "#2fc79a", "#e28fc4", "#f0e442", "#7fb3d5", "#b0b0b0"];
  function isDark() {
    const chosen2 = document.documentElement.dataset["theme"];
    if (chosen2) return chosen2 === "dark";
    return matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function seriesColour(n) {
    const colours = isDark() ? SERIES_DARK : SERIES_LIGHT;
    return colours[n % colours.length];
  }
  var CIVIDIS = [
    [0, 34, 78],
    [18, 53, 112],
    [59, 73, 108],
    [87, 93, 109],
    [112, 113, 115],
    [138, 134, 120],
    [165, 156, 116],
    [195, 179, 105],
    [225, 204, 85],
    [254, 232, 56]
  ];
  function ramp(unit) {
    const [from, to] = isDark() ? [0.28, 1] : [0, 0.84];
    const place = (from + (to - from) * Math.min(1, Math.max(0, unit))) * (CIVIDIS.length - 1);
    const n = Math.min(CIVIDIS.length - 2, Math.floor(place));
    const mixed = [0, 1, 2].map((channel) => {
      const [a, b] = [CIVIDIS[n][channel], CIVIDIS[n + 1][channel]];
      return Math.round(a + (b - a) * (place - n));
    });
    return `rgb(${mixed.join(",")})`;
  }
  function followTheme() {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    const kept = remembered();
    if (kept) document.documentElement.dataset["theme"] = kept;
  }
  function chooseTheme(wanted) {
    document.documentElement.dataset["theme"] = wanted;
    try {
      localStorage.setItem("tunebook.theme", wanted);
    } catch {
    }
    redraw();
  }
  function redraw() {
    theme.value += 1;
  }
  function remembered() {
    try {
      const kept = localStorage.getItem("tunebook.theme");
      return kept === "light" || kept === "dark" ? kept : null;
    } catch {
      return null;
    }
  }

  // src/format.ts
  function figure(value, digits = 4) {
    if (value === null || value === void 0 || !Number.isFinite(value)) return "–";
    if (value === 0) return "0";
    const size = Math.abs(value);
    if (Number.isInteger(value) && size < 1e7) return value.toLocaleString("en-US");
    if (size < 1e-3 || size >= 1e7) {
      const [mantissa, power] = value.toExponential(Math.min(2, digits - 1)).split("e");
      return `${Number(mantissa)}e${Number(power)}`;
    }
    return String(Number(value.toPrecision(digits)));
  }
  function scalar(value) {
    if (value === null || value === void 0) return "–";
    if (typeof value === "number") return figure(value);
    return String(value);
  }
  function duration(seconds) {
    if (seconds === null || seconds === void 0 || !Number.isFinite(seconds)) return "–";
    if (seconds === 0) return "0 s";
    if (seconds < 1) return `${Math.round(seconds * 1e3)} ms`;
    if (seconds < 60) return `${Number(seconds.toPrecision(2))} s`;
    const units = [
      [86400, "d"],
      [3600, "h"],
      [60, "min"],
      [1, "s"]
    ];
    const first = units.findIndex(([size2]) => seconds >= size2);
    const [size, name] = units[first];
    const whole = Math.floor(seconds / size);
    const next = units[first + 1];
    const rest = next ? Math.floor((seconds - whole * size) / next[0]) : 0;
    return rest && next ? `${whole} ${name} ${rest} ${next[1]}` : `${whole} ${name}`;
  }
  function moment(at) {
    return new Date(at * 1e3).toLocaleString(void 0, {
      year: "numeric",
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit"
    });
  }
  function ago(at, now = Date.now() / 1e3) {
    const passed = Math.max(0, now - at);
    return passed < 5 ? "just now" : `${duration(Math.round(passed))} ago`;
  }
  function bytes(n) {
    if (n < 1e3) return `${n} B`;
    if (n < 1e6) return `${(n / 1e3).toFixed(1)} kB`;
    return n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(2)} GB`;
  }
  function percent(share) {
    return `${Math.round(share * 100)} %`;
  }
  function count(n, noun) {
    return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
  }
  function shortened(text, limit = 60) {
    return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
  }
  function unitPlace(parameter, value) {
    if (value === null || value === void 0) return null;
    if (parameter.scale === "choice") {
      const place = parameter.values.findIndex((one) => one === value);
      if (place < 0) return null;
      return (place + 0.5) / parameter.values.length;
    }
    const { low, high } = parameter;
    if (typeof value !== "number" || low === null || high === null) return null;
    const [from, to, at] = [low, high, value].map((x) => scaled(parameter.scale, x));
    return to > from ? Math.min(1, Math.max(0, (at - from) / (to - from))) : 0.5;
  }
  function scaled(scale, x) {
    if (scale === "log") return Math.log(Math.max(x, 1e-300));
    return scale === "1-x" ? -Math.log(Math.max(1 - x, 1e-300)) : x;
  }
  function valueAt(parameter, unit) {
    const low = parameter.low ?? 0;
    const high = parameter.high ?? 1;
    const from = scaled(parameter.scale, low);
    const x = from + unit * (scaled(parameter.scale, high) - from);
    if (parameter.scale === "log") return Math.exp(x);
    return parameter.scale === "1-x" ? 1 - Math.exp(-x) : x;
  }

  // src/route.ts
  var route = signal(parsed(currentHash()));
  function address(path, query3) {
    const search = query3 ? `?${new URLSearchParams(query3)}` : "";
    return `#/${path.map(encodeURIComponent).join("/")}${search}`;
  }
  function studyAddress(name, ...rest) {
    return address(["study", name, ...rest]);
  }
  function go(to) {
    route.value = parsed(to);
    try {
      if (location.hash !== to) history.pushState(null, "", to);
    } catch {
    }
    window.scrollTo(0, 0);
  }
  function followAddress() {
    for (const event of ["hashchange", "popstate"]) {
      window.addEventListener(event, () => {
        route.value = parsed(currentHash());
      });
    }
    document.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      const link = event.target?.closest?.("a[href^='#/']");
      if (!link) return;
      event.preventDefault();
      go(link.getAttribute("href") ?? "#/");
    });
  }
  function currentHash() {
    return location.hash || "#/";
  }
  function parsed(hash) {
    const [path = "", query3 = ""] = hash.replace(/^#\/?/, "").split("?", 2);
    return {
      path: path.split("/").filter(Boolean).map(decoded),
      query: new URLSearchParams(query3)
    };
  }
  function decoded(part) {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  }

  // src/text.ts
  var UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\p{Cs}]/gu;
  function visible(text) {
    return text.replace(UNSAFE, (char) => {
      if (char === "\r") return "\\r";
      const code = char.charCodeAt(0).toString(16);
      return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
    });
  }
  function showText() {
    const before = options.vnode;
    options.vnode = (vnode) => {
      const drawn = vnode;
      if (typeof drawn.props === "string") drawn.props = visible(drawn.props);
      else if (typeof drawn.type === "string") {
        const props = drawn.props;
        if (typeof props.title === "string") props.title = visible(props.title);
      }
      before?.(vnode);
    };
  }

  // src/api.ts
  var Refusal = class extends Error {
  };
  var LIVE = {
    isLive: true,
    written: null,
    studies: () => asked("/api/studies"),
    study: (name) => asked(ofStudy(name)),
    trials: (name, query3) => asked(ofStudy(name, `/trials?${tableQuery(query3)}`)),
    trial: (name, number) => asked(ofStudy(name, `/trials/${number}`)),
    curves: (name, metric) => asked(ofStudy(name, `/curves?${new URLSearchParams({ metric })}`)),
    parameters: (name) => asked(ofStudy(name, "/parameters")),
    compare: (names) => asked(`/api/compare?${new URLSearchParams(names.map((name) => ["study", name]))}`),
    pages: () => asked("/api/pages"),
    page: (of) => asked(`/api/pages/${of.split("/").map(encodeURIComponent).join("/")}`),
    request: async (name, kind, body) => {
      await asked(ofStudy(name, "/requests"), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ kind, body })
      });
    },
    eventsAddress: (name, after) => ofStudy(name, `/events?after=${after}`)
  };
  function frozen(snapshot2) {
    const { study, trials, curves, details } = snapshot2;
    const never = () => Promise.reject(new Refusal("A report cannot be changed"));
    return {
      isLive: false,
      written: { at: snapshot2.written_at, version: snapshot2.version },
      studies: () => Promise.resolve([]),
      study: () => Promise.resolve(study),
      trials: (_, query3) => Promise.resolve(page(trials.rows, query3, trials.seq)),
      trial: (_, number) => {
        const row = trials.rows.find((one) => one.number === number);
        if (!row) return Promise.reject(new Refusal(`There is no trial ${number}`));
        const bare = barely(row, curves, trials);
        const found = details[String(number)];
        return Promise.resolve(
          found ? { ...found, curves: { ...bare.curves, ...found.curves } } : bare
        );
      },
      curves: (_, metric) => Promise.resolve(curves[metric] ?? { seq: study.seq, metric, curves: [], n_left_out: 0 }),
      parameters: () => Promise.resolve(snapshot2.parameters),
      compare: () => Promise.resolve({ studies: [study], refusal: null, unlike: {}, order: [study.name], ranks: {} }),
      pages: () => Promise.resolve([]),
      page: () => Promise.resolve({ ...ownPage(snapshot2), sections: snapshot2.sections }),
      request: never,
      eventsAddress: () => ""
    };
  }
  function ownPage(snapshot2) {
    const { written_at, version } = snapshot2;
    return { title: snapshot2.study.name, written_at, version };
  }
  function frozenPage(page2) {
    const never = () => Promise.reject(new Refusal("There is no study in this report"));
    return {
      isLive: false,
      written: { at: page2.written_at, version: page2.version },
      studies: () => Promise.resolve([]),
      study: never,
      trials: never,
      trial: never,
      curves: never,
      parameters: never,
      compare: never,
      pages: () => Promise.resolve([]),
      page: () => Promise.resolve(page2),
      request: never,
      eventsAddress: () => ""
    };
  }
  function barely(row, curves, trials) {
    const own = Object.entries(curves).flatMap(
      ([metric, found]) => found.curves.filter((one) => one.trial === row.number).map((one) => [metric, one])
    );
    return {
      seq: trials.seq,
      row,
      curves: Object.fromEntries(own),
      verdicts: row.tags.map(onlyNamed),
      observers: [],
      checkpoints: [],
      family: null,
      n_losses: 0,
      log_tail: null,
      traceback: null,
      explanation: row.why ?? "",
      command: ""
    };
  }
  function onlyNamed(title) {
    const level = title.endsWith("strongly") ? "problem" : "notice";
    const rest = { evidence: "", advice: "", source: "", causes: [], next_test: "", items: [] };
    return { id: title, level, title, ...rest };
  }
  function page(rows, query3, seq) {
    const found = rows.filter((row) => isWanted(row, query3));
    const key = (row) => sortKey(row, query3.sort);
    const having = found.filter((row) => key(row) !== null);
    const lacking = found.filter((row) => key(row) === null);
    having.sort((a, b) => ordered(key(a), key(b)) * (query3.descending ? -1 : 1));
    const all = [...having, ...lacking];
    const shown = all.slice(query3.offset, query3.offset + query3.limit);
    return { seq, total: all.length, offset: query3.offset, rows: shown };
  }
  function isWanted(row, { states, text }) {
    if (states.length && !states.includes(row.state)) return false;
    if (!text) return true;
    const config = Object.entries(row.config).map(([name, value]) => `${name}=${value}`);
    const told3 = [String(row.number), ...config, row.error ?? "", row.why ?? ""].join(" ");
    return told3.toLowerCase().includes(text.toLowerCase());
  }
  function sortKey(row, sort) {
    if (sort.startsWith("config.")) return row.config[sort.slice("config.".length)] ?? null;
    return row[sort] ?? null;
  }
  function ordered(a, b) {
    if (typeof a === typeof b && typeof a !== "string") return Number(a) - Number(b);
    return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
  }
  function tableQuery(query3) {
    const told3 = new URLSearchParams({
      sort: query3.sort,
      descending: query3.descending ? "1" : "0",
      text: query3.text,
      offset: String(query3.offset),
      limit: String(query3.limit)
    });
    for (const state of query3.states) told3.append("state", state);
    return told3;
  }
  function ofStudy(name, rest = "") {
    return `/api/studies/${encodeURIComponent(name)}${rest}`;
  }
  async function asked(address2, options8) {
    let answer;
    try {
      answer = await fetch(address2, options8);
    } catch {
      throw new Refusal("The server does not answer. Is tunebook ui still running?");
    }
    if (answer.ok) return await answer.json();
    const told3 = await answer.json().catch(() => null);
    const error = told3?.error;
    throw new Refusal(error ?? `The server answered ${answer.status}`);
  }

  // src/fold.ts
  function apply(held2, update) {
    if (update.seq <= held2.study.seq) return held2;
    const rows = new Map(update.trials.map((row) => [row.number, row]));
    return {
      study: update.study,
      page: held2.page && withRows(held2.page, rows),
      curves: held2.curves && withCurves(held2.curves, update),
      trial: held2.trial && withTrial(held2.trial, rows, update),
      isPageStale: held2.isPageStale || moved(held2.page, update.trials)
    };
  }
  function isTrialStale(held2, changed) {
    const { chain, descendants } = held2.family ?? { chain: [], descendants: [] };
    const kin = new Map([...chain, ...descendants].map((one) => [one.trial, one.state]));
    kin.set(held2.row.number, held2.row.state);
    return changed.some(
      (row) => kin.has(row.number) ? kin.get(row.number) !== row.state : row.ancestors.some((number) => kin.has(number))
    );
  }
  function moved(page2, changed) {
    if (!page2) return false;
    const known = new Map(page2.rows.map((row) => [row.number, row]));
    return changed.some((row) => known.get(row.number)?.state !== row.state);
  }
  function withRows(page2, rows) {
    return { ...page2, rows: page2.rows.map((row) => rows.get(row.number) ?? row) };
  }
  function withCurves(held2, update) {
    const points = update.points[held2.metric] ?? [];
    if (points.length === 0) return { ...held2, seq: update.seq };
    const byTrial = new Map(held2.curves.map((curve) => [curve.trial, curve]));
    for (const more of points) {
      byTrial.set(more.trial, joined(byTrial.get(more.trial), more));
    }
    const curves = [...byTrial.values()].sort((a, b) => a.trial - b.trial);
    return { ...held2, seq: update.seq, curves };
  }
  function withTrial(held2, rows, update) {
    const number = held2.row.number;
    const curves = { ...held2.curves };
    for (const [metric, points] of Object.entries(update.points)) {
      for (const more of points.filter((one) => one.trial === number)) {
        curves[metric] = joined(curves[metric], more);
      }
    }
    return { ...held2, seq: update.seq, row: rows.get(number) ?? held2.row, curves };
  }
  function joined(curve, more) {
    const from = more.steps[0];
    if (!curve || from === void 0) return curve ?? more;
    const found = curve.steps.findIndex((step) => step >= from);
    const n = found < 0 ? curve.steps.length : found;
    return {
      trial: curve.trial,
      steps: [...curve.steps.slice(0, n), ...more.steps],
      values: [...curve.values.slice(0, n), ...more.values],
      seconds: [...curve.seconds.slice(0, n), ...more.seconds]
    };
  }

  // src/store.ts
  var REFRESH_MS = 1e3;
  var PARAMETERS_MS = 5e3;
  var TOO_MANY_EVENTS = 2e4;
  var snapshot = embedded("snapshot");
  var onlyPage = embedded("sections");
  var source = snapshot ? frozen(snapshot) : onlyPage ? frozenPage(onlyPage) : LIVE;
  var held = signal(null);
  var parameters = signal(null);
  var connection = signal(source.isLive ? "waiting" : "report");
  var failure = signal(null);
  var query = signal(firstQuery());
  var openTrial = signal(null);
  var openMetric = signal(null);
  var openName = null;
  var feed = null;
  var waiting = [];
  var parametersAt = 0;
  var pageTimer = 0;
  function reportedStudy() {
    return snapshot && snapshot.study.name;
  }
  function reportedSections() {
    return snapshot?.sections ?? [];
  }
  function isPageOnly() {
    return onlyPage !== null;
  }
  async function openStudy(name) {
    if (openName === name && held.value) return;
    closeStudy();
    openName = name;
    await attempt(async () => {
      const study = await source.study(name);
      if (openName !== name) return;
      openMetric.value = study.objective.metric;
      held.value = { study, page: null, curves: null, trial: null, isPageStale: false };
      listen();
    });
  }
  function closeStudy() {
    openName = null;
    feed?.close();
    feed = null;
    waiting = [];
    parametersAt = 0;
    held.value = parameters.value = failure.value = null;
    openTrial.value = openMetric.value = null;
    query.value = firstQuery();
  }
  async function loadPage() {
    const name = openName;
    const wanted = query.value;
    if (!name) return;
    await attempt(async () => {
      const page2 = await source.trials(name, wanted);
      if (openName !== name || query.value !== wanted || !held.value) return;
      held.value = { ...held.value, page: page2, isPageStale: false };
    });
  }
  async function loadCurves(metric) {
    const name = openName;
    openMetric.value = metric;
    if (!name) return;
    await attempt(async () => {
      const curves = await source.curves(name, metric);
      if (openName !== name || openMetric.value !== metric || !held.value) return;
      held.value = { ...held.value, curves };
    });
  }
  async function loadTrial(number) {
    const name = openName;
    openTrial.value = number;
    if (!name) return;
    await attempt(async () => {
      const trial = await source.trial(name, number);
      if (openName !== name || openTrial.value !== number || !held.value) return;
      held.value = { ...held.value, trial };
    });
  }
  async function loadParameters() {
    const name = openName;
    if (!name) return;
    parametersAt = Date.now();
    await attempt(async () => {
      const found = await source.parameters(name);
      if (openName === name) parameters.value = found;
    });
  }
  async function ask(kind, body) {
    const name = openName;
    if (!name) return false;
    return attempt(async () => {
      await source.request(name, kind, body);
      const study = await source.study(name);
      if (openName === name && held.value) held.value = { ...held.value, study };
    });
  }
  async function reload() {
    const name = openName;
    if (!name || !held.value) return;
    const { page: page2, curves, trial } = held.value;
    await attempt(async () => {
      const study = await source.study(name);
      if (openName === name && held.value) held.value = { ...held.value, study };
    });
    if (page2) await loadPage();
    if (curves) await loadCurves(curves.metric);
    if (trial) await loadTrial(trial.row.number);
    listen();
  }
  function listen() {
    feed?.close();
    feed = null;
    if (!source.isLive || !openName || !held.value || document.hidden) return;
    feed = new EventSource(source.eventsAddress(openName, held.value.study.seq));
    feed.onopen = () => {
      connection.value = "live";
    };
    feed.onerror = () => {
      connection.value = "lost";
      if (feed?.readyState === EventSource.CLOSED) window.setTimeout(listen, 1e3);
    };
    feed.onmessage = (event) => {
      waiting.push(JSON.parse(event.data));
      if (waiting.length === 1) requestAnimationFrame(applyWaiting);
    };
    feed.addEventListener("gone", () => {
      feed?.close();
      failure.value = "This study has been deleted";
    });
  }
  function applyWaiting() {
    const updates = waiting;
    waiting = [];
    let now = held.value;
    if (!now) return;
    const open = now.trial;
    for (const update of updates) {
      if (update.seq - now.study.seq > TOO_MANY_EVENTS) return void reload();
      now = apply(now, update);
    }
    held.value = now;
    const isStale = updates.some((update) => open !== null && isTrialStale(open, update.trials));
    if (open && isStale && openTrial.value === open.row.number) void loadTrial(open.row.number);
  }
  function keepUp() {
    effect(() => {
      if (held.value?.isPageStale && !pageTimer) {
        pageTimer = window.setTimeout(() => {
          pageTimer = 0;
          void loadPage();
        }, REFRESH_MS);
      }
    });
    window.setInterval(() => {
      if (document.hidden || !held.value) return;
      const { study, trial } = held.value;
      const isOpen = trial !== null && openTrial.value === trial.row.number;
      if (isOpen && trial.row.ended_at === null && study.is_live) void loadTrial(trial.row.number);
      const found = parameters.value;
      const isOld = found !== null && found.seq < study.seq;
      if (isOld && Date.now() - parametersAt > PARAMETERS_MS) void loadParameters();
    }, REFRESH_MS);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) {
        feed?.close();
        feed = null;
        connection.value = "waiting";
      } else {
        listen();
      }
    });
  }
  if (source.isLive) keepUp();
  async function attempt(work) {
    try {
      await work();
      failure.value = null;
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      failure.value = error.message;
      return false;
    }
  }
  function firstQuery() {
    return { sort: "number", descending: true, states: [], text: "", offset: 0, limit: 50 };
  }
  function embedded(id) {
    const text = document.getElementById(id)?.textContent;
    return text ? JSON.parse(text) : null;
  }

  // library:uplot
  var uplot_default = globalThis.tunebookLibraries["uplot"];

  // library:preact/jsx-runtime
  var Fragment = globalThis.tunebookLibraries["preact/jsx-runtime"].Fragment;
  var jsx = globalThis.tunebookLibraries["preact/jsx-runtime"].jsx;
  var jsxs = globalThis.tunebookLibraries["preact/jsx-runtime"].jsxs;

  // src/charts/curve_plot.tsx
  var NEAR_PX = 24;
  function CurvePlot(props) {
    const place = useRef(null);
    const latest = useRef(props);
    latest.current = props;
    const plot = useRef(null);
    const { isLog, xLabel, yLabel, height } = props;
    const range = useMemo(() => extent(props.lines, isLog), [props.lines, isLog]);
    const ranges = useRef(range);
    ranges.current = range;
    useEffect(() => {
      const made2 = makePlot(place.current, latest, ranges);
      plot.current = made2;
      const observer = new ResizeObserver(([entry]) => {
        const width = Math.floor(entry.contentRect.width);
        if (width > 0) made2.setSize({ width, height });
      });
      observer.observe(place.current);
      return () => {
        observer.disconnect();
        made2.destroy();
      };
    }, [isLog, xLabel, yLabel, height, theme.value]);
    useEffect(() => {
      const { x, y } = range;
      plot.current?.setData([x, y], true);
    }, [range]);
    return jsx("div", { ref: place, class: "chart", "aria-hidden": "true" });
  }
  function makePlot(place, latest, ranges) {
    const { isLog, xLabel, yLabel, height } = latest.current;
    const colours = ink();
    const axis = {
      stroke: colours.muted,
      grid: { stroke: colours.line, width: 1 },
      ticks: { show: false },
      font: "11px system-ui, sans-serif",
      labelFont: "11px system-ui, sans-serif",
      labelSize: 18
    };
    const values = (_, ticks2) => ticks2.map((tick) => tick === null ? "" : figure(tick, 3));
    let hovered = null;
    const options8 = {
      width: Math.max(200, place.clientWidth),
      height,
      legend: { show: false },
      padding: [8, 12, 0, 0],
      cursor: { points: { show: false }, y: false, drag: { x: true, y: false } },
      scales: {
        x: { time: false },
        y: {
          distr: isLog ? 3 : 1,
          range: (self, low, high) => spread(self, low, high, ranges.current.y, isLog)
        }
      },
      axes: [
        { ...axis, label: xLabel, size: 22, values },
        { ...axis, label: yLabel, size: 52, values }
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
          }
        ]
      }
    };
    const made2 = new uplot_default(options8, [ranges.current.x, ranges.current.y], place);
    made2.over.addEventListener("click", () => {
      const found = nearest(made2, latest.current.lines);
      if (found) latest.current.onTrial?.(found.trial);
    });
    return made2;
  }
  function spread(_, low, high, whole, isLog) {
    const [from, to] = [low ?? whole[0], high ?? whole[1]];
    if (isLog) return from > 0 ? [from / 1.1, to * 1.1] : [1e-3, 1];
    const margin = (to - from || Math.abs(to) || 1) * 0.04;
    return [from - margin, to + margin];
  }
  function extent(lines, isLog) {
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const line of lines) {
      for (let i = 0; i < line.x.length; i++) {
        const y = line.y[i];
        if (y === null || y === void 0 || isLog && y <= 0) continue;
        const x = line.x[i];
        x0 = Math.min(x0, x);
        x1 = Math.max(x1, x);
        y0 = Math.min(y0, y);
        y1 = Math.max(y1, y);
      }
    }
    if (x0 > x1) return { x: [0, 1], y: isLog ? [0.1, 1] : [0, 1] };
    return { x: x1 > x0 ? [x0, x1] : [x0 - 1, x1 + 1], y: [y0, y1] };
  }
  function drawLines(self, lines, hovered, isLog) {
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
  function strokeLine(self, line, isLog, ratio) {
    const { ctx } = self;
    ctx.beginPath();
    let n = 0;
    let [px, py] = [0, 0];
    for (let i = 0; i < line.x.length; i++) {
      const y = line.y[i];
      if (y === null || y === void 0 || isLog && y <= 0) {
        n = 0;
        continue;
      }
      px = self.valToPos(line.x[i], "x", true);
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
  function nearest(self, lines) {
    const { left, top } = self.cursor;
    if (left === void 0 || top === void 0 || left < 0) return null;
    let best = NEAR_PX * NEAR_PX;
    let found = null;
    for (const line of lines) {
      if (line.isFaint) continue;
      for (let i = 0; i < line.x.length; i++) {
        const y = line.y[i];
        if (y === null || y === void 0) continue;
        const dx = self.valToPos(line.x[i], "x") - left;
        if (Math.abs(dx) > NEAR_PX) continue;
        const dy = self.valToPos(y, "y") - top;
        const distance = dx * dx + dy * dy;
        if (distance < best) {
          best = distance;
          found = { trial: line.trial, told: `trial ${line.trial}: ${figure(y)} at ${figure(line.x[i])}` };
        }
      }
    }
    return found;
  }

  // src/charts/figure.tsx
  function Figure({ title, summary, data, controls, children }) {
    return jsxs("figure", { class: "figure", "aria-label": title, children: [
      jsxs("header", { class: "figure-head", children: [
        jsx("h3", { children: title }),
        jsxs("div", { class: "controls", children: [
          controls,
          jsx(CopyData, { data, title })
        ] })
      ] }),
      children,
      jsx("figcaption", { children: summary })
    ] });
  }
  function CopyData({ data, title }) {
    const [said, say] = useState("Copy data");
    const copy = async () => {
      const isDone = await copyText(asTsv(data()));
      say(isDone ? "Copied" : "Not allowed");
      window.setTimeout(() => say("Copy data"), 1500);
    };
    return jsx("button", { type: "button", class: "quiet", "aria-label": `Copy data of: ${title}`, onClick: copy, children: said });
  }
  function asTsv(table) {
    const cell = (value) => value === null ? "" : String(value).replace(/[\t\r\n]+/g, " ");
    return table.map((row) => row.map(cell).join("	")).join("\n");
  }
  async function copyText(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      const isDone = document.execCommand("copy");
      field.remove();
      return isDone;
    }
  }

  // src/progress.ts
  var OPEN = ["queued", "running", "paused", "lost"];
  function stairs(study, axis) {
    const points = study.incumbent;
    const place = (point) => Number(point[axis] ?? 0);
    const x = points.flatMap((p, i) => i ? [place(p), place(p)] : [place(p)]);
    const y = points.flatMap((p, i) => i ? [points[i - 1].value, p.value] : [p.value]);
    const [last, end] = [points.at(-1), reached(study, axis)];
    return last && end > place(last) ? { x: [...x, end], y: [...y, last.value] } : { x, y };
  }
  function reached(study, axis) {
    switch (axis) {
      case "n_trials":
        return nTrials(study) - OPEN.reduce((sum, state) => sum + (study.counts[state] ?? 0), 0);
      case "steps":
        return study.budget.find((limit) => limit.name === "steps")?.used ?? nSteps(study);
      case "seconds":
        return study.active_s;
      case "cost":
        return study.cost ?? 0;
    }
  }
  function nSteps(study) {
    return study.spent.at(-1)?.steps ?? 0;
  }
  function nTrials(study) {
    return Object.values(study.counts).reduce((sum, n) => sum + n, 0);
  }

  // src/views/parts.tsx
  var SHAPES = {
    queued: "M6 1.5a4.5 4.5 0 1 0 .01 0M6 3.5a2.5 2.5 0 1 1-.01 0",
    running: "M2 1l9 5-9 5z",
    paused: "M2 1h3v10H2zM7 1h3v10H7z",
    done: "M4.6 10.4L.8 6.6l1.6-1.6 2.2 2.2L9.8 2l1.6 1.6z",
    stopped: "M1.5 1.5h9v9h-9z",
    infeasible: "M2.6 1L6 4.4 9.4 1 11 2.6 7.6 6 11 9.4 9.4 11 6 7.6 2.6 11 1 9.4 4.4 6 1 2.6z",
    failed: "M6 .5l5.8 10.8H.2zM5.2 4v3.8h1.6V4zm0 4.6v1.5h1.6V8.6z",
    cancelled: "M1 5h10v2H1z",
    lost: "M6 .5L11.5 6 6 11.5.5 6zM6 3.3L3.3 6 6 8.7 8.7 6z",
    pass: "M4.6 10.4L.8 6.6l1.6-1.6 2.2 2.2L9.8 2l1.6 1.6z",
    notice: "M6 .5a5.5 5.5 0 1 0 .01 0M5.2 3h1.6v1.5H5.2zm0 2.4h1.6V9H5.2z",
    unknown: "M6 .5a5.5 5.5 0 1 0 .01 0M5.2 8h1.6v1.5H5.2zM3.8 4.6a2.2 2.2 0 1 1 3 2v.7H5.2V5.6a.8.8 0 1 0 0-1.6z",
    problem: "M6 .5l5.8 10.8H.2zM5.2 4v3.8h1.6V4zm0 4.6v1.5h1.6V8.6z"
  };
  function Mark({ of }) {
    return jsx("svg", { class: "mark", width: "12", height: "12", viewBox: "0 0 12 12", "aria-hidden": "true", children: jsx("path", { d: SHAPES[of] ?? SHAPES["lost"], fill: "currentColor", "fill-rule": "evenodd" }) });
  }
  function State({ state, word = state }) {
    return jsxs("span", { class: `state state-${state}`, children: [
      jsx(Mark, { of: state }),
      word
    ] });
  }
  function CurveTag({ word, title }) {
    const state = word.endsWith("strongly") ? "problem" : "notice";
    return jsx("span", { class: "tag", title, children: jsx(State, { state, word }) });
  }
  function Panel({ title, children }) {
    return jsxs("section", { class: "panel", "aria-label": title, children: [
      jsx("h2", { children: title }),
      children
    ] });
  }
  function Budget({ limits }) {
    if (limits.length === 0) return jsx("p", { class: "muted", children: "No limit is set." });
    return jsx("div", { class: "budget", children: limits.map((limit) => jsx(Limit, { limit }, limit.name)) });
  }
  var LIMIT_NAMES = {
    hours: "time",
    max_failures: "failures",
    patience: "without improvement"
  };
  function Limit({ limit }) {
    const share = limit.limit > 0 ? Math.min(1, limit.used / limit.limit) : 1;
    const name = LIMIT_NAMES[limit.name] ?? limit.name;
    const told3 = limit.name === "hours" ? `${duration(limit.used * 3600)} of ${duration(limit.limit * 3600)}` : `${figure(limit.used, 3)} of ${figure(limit.limit)}`;
    return jsxs("div", { class: "limit", children: [
      jsx("span", { class: "name", children: name }),
      jsx(
        "span",
        {
          class: "track",
          role: "meter",
          "aria-label": name,
          "aria-valuenow": Math.round(share * 100),
          "aria-valuemin": 0,
          "aria-valuemax": 100,
          "aria-valuetext": told3,
          children: jsx("span", { class: share >= 1 ? "fill full" : "fill", style: { width: `${share * 100}%` } })
        }
      ),
      jsx("span", { class: "number", children: told3 })
    ] });
  }
  var LEVEL_WORDS = { pass: "PASS", notice: "NOTICE", unknown: "UNKNOWN", problem: "PROBLEM" };
  function Finding({ finding }) {
    return jsxs("article", { class: `finding level-${finding.level}`, children: [
      jsxs("div", { class: "finding-head", children: [
        jsxs("span", { class: `level state-${finding.level}`, children: [
          jsx(Mark, { of: finding.level }),
          LEVEL_WORDS[finding.level]
        ] }),
        jsx("h3", { children: finding.title })
      ] }),
      jsx("p", { children: shortened(finding.evidence, 400) }),
      finding.causes.length > 0 && jsxs("p", { children: [
        "Likely causes: ",
        shortened(finding.causes.join("; "), 400)
      ] }),
      finding.next_test && jsxs("p", { children: [
        "Next test: ",
        shortened(finding.next_test, 400)
      ] }),
      finding.items.length > 0 && jsxs("details", { children: [
        jsx("summary", { children: finding.items.length === 1 ? "1 item" : `${finding.items.length} items` }),
        jsx("ul", { children: finding.items.slice(0, 50).map((item, n) => jsx("li", { children: shortened(item, 200) }, n)) })
      ] }),
      finding.advice && jsx("p", { class: "advice", children: shortened(finding.advice, 400) })
    ] });
  }
  function Copyable({ text, label }) {
    const [said, say] = useState("Copy");
    const copy = async () => {
      say(await copyText(text) ? "Copied" : "Not allowed");
      window.setTimeout(() => say("Copy"), 1500);
    };
    return jsxs("div", { class: "copyable", children: [
      jsx("code", { children: text }),
      jsx("button", { type: "button", class: "quiet", "aria-label": `Copy ${label}`, onClick: copy, children: said })
    ] });
  }
  function Pairs({ rows }) {
    return jsx("dl", { class: "pairs", children: rows.map(([name, value]) => jsxs("div", { children: [
      jsx("dt", { children: name }),
      jsx("dd", { children: value })
    ] }, name)) });
  }
  function Waiting() {
    return jsx("p", { class: "muted waiting", children: "Loading…" });
  }

  // src/views/compare.tsx
  function Compare({ names }) {
    const [found, setFound] = useState(null);
    const [error, setError] = useState(null);
    useEffect(() => {
      source.compare(names).then(setFound).catch((problem) => {
        if (!(problem instanceof Refusal)) throw problem;
        setError(problem.message);
      });
    }, [names.join("\n")]);
    return jsxs("main", { children: [
      jsx("h1", { children: "Compare" }),
      error && jsx("p", { class: "refusal", role: "alert", children: error }),
      !found && !error && jsx(Waiting, {}),
      found && jsxs(Fragment, { children: [
        found.refusal ? jsx("p", { class: "hint", role: "note", children: found.refusal }) : jsx("p", { class: "muted", children: "The best of each study, in order. Single studies: no test of chance." }),
        jsx(Side, { found }),
        jsx(Both, { studies: found.studies }),
        jsx(Winners, { studies: found.studies })
      ] })
    ] });
  }
  function Side({ found }) {
    const rank = (study) => found.ranks[study.name] ?? Number.MAX_SAFE_INTEGER;
    const studies = [...found.studies].sort((a, b) => rank(a) - rank(b));
    const longest = Math.max(1e-9, ...studies.map((study) => study.active_s));
    return jsx("div", { class: "scroll bordered", children: jsxs("table", { class: "table", children: [
      jsx("thead", { children: jsxs("tr", { children: [
        jsx("th", { children: "Study" }),
        jsx("th", { children: "State" }),
        jsx("th", { children: "Search" }),
        jsx("th", { class: "right", children: "Trials" }),
        jsx("th", { class: "right", children: "Steps of a trial" }),
        jsx("th", { class: "right", children: "Steps in all" }),
        jsx("th", { children: "Worked" }),
        jsx("th", { class: "right", children: "Cost" }),
        jsx("th", { children: "Metric" }),
        jsx("th", { class: "right", children: "Best" }),
        jsx("th", { class: "right", children: "Order" }),
        jsx("th", { children: "Comparable?" })
      ] }) }),
      jsx("tbody", { children: studies.map((study) => jsxs("tr", { children: [
        jsxs("td", { class: "long", children: [
          jsx("span", { class: "swatch", style: { background: seriesColour(found.studies.indexOf(study)) } }),
          " ",
          jsx("a", { href: studyAddress(study.name), children: study.name })
        ] }),
        jsx("td", { children: jsx(State, { state: study.state }) }),
        jsx("td", { children: String(study.search["name"] ?? "–") }),
        jsx("td", { class: "right", children: nTrials(study) }),
        jsx("td", { class: "right", children: study.max_steps === null ? "–" : figure(study.max_steps) }),
        jsx("td", { class: "right", children: figure(nSteps(study)) }),
        jsx("td", { children: jsxs("span", { class: "limit small", children: [
          jsx("span", { class: "number", children: duration(study.active_s) }),
          jsx("span", { class: "track", children: jsx("span", { class: "fill", style: { width: `${100 * study.active_s / longest}%` } }) })
        ] }) }),
        jsx("td", { class: "right", children: study.cost === null ? "–" : figure(study.cost) }),
        jsx("td", { children: study.objective.metric }),
        jsx("td", { class: "right strong", children: figure(study.best?.value, 5) }),
        jsx("td", { class: "right", children: found.ranks[study.name] ?? "–" }),
        jsx("td", { class: "muted told", children: likeness(found, study) })
      ] }, study.name)) })
    ] }) });
  }
  function likeness({ unlike, studies }, study) {
    if (study === studies[0]) return "the others are held against it";
    const reasons = unlike[study.name] ?? [];
    return reasons.length ? shortened(`no: ${reasons.join("; ")}`, 200) : "yes";
  }
  function Winners({ studies }) {
    const having = studies.filter((study) => study.best !== null);
    const value = (study, name) => study.best.config[name] ?? study.fixed[name];
    const names = [...new Set(having.flatMap((study) => Object.keys({ ...study.fixed, ...study.best.config })))].filter(
      (name) => having.some((study) => name in study.best.config) || new Set(having.map((study) => scalar(value(study, name)))).size > 1
    );
    if (having.length === 0) return null;
    return jsx(Panel, { title: "What was found", children: jsx("div", { class: "scroll", children: jsxs("table", { class: "table", children: [
      jsx("thead", { children: jsxs("tr", { children: [
        jsx("th", { children: "Study" }),
        jsx("th", { class: "right", children: "Best" }),
        names.map((name) => jsx("th", { class: "right", children: shortened(name, 24) }, name))
      ] }) }),
      jsx("tbody", { children: having.map((study) => jsxs("tr", { children: [
        jsx("td", { class: "long", children: study.name }),
        jsx("td", { class: "right strong", children: figure(study.best.value, 5) }),
        names.map((name) => jsx("td", { class: "right", children: shortened(scalar(value(study, name)), 24) }, name))
      ] }, study.name)) })
    ] }) }) });
  }
  function Both({ studies }) {
    const [over, setOver] = useState("n_trials");
    const lines = useMemo(
      () => studies.map((study, n) => ({
        trial: n,
        ...stairs(study, over),
        colour: seriesColour(n),
        isFaint: false
      })),
      [studies, over, theme.value]
    );
    const metrics = [...new Set(studies.map((study) => study.objective.metric))].join(", ");
    const told3 = studies.map((study) => `${study.name}: ${figure(study.best?.value)}`).join("; ");
    const data = () => [
      ["study", "trials", "steps", "seconds", "value"],
      ...studies.flatMap(
        (study) => study.incumbent.map((p) => [study.name, p.n_trials, p.steps, p.seconds, p.value])
      )
    ];
    const controls = jsxs("label", { children: [
      "over",
      " ",
      jsxs(
        "select",
        {
          value: over,
          onChange: (event) => setOver(event.currentTarget.value),
          children: [
            jsx("option", { value: "n_trials", children: "trials" }),
            jsx("option", { value: "steps", children: "steps" }),
            jsx("option", { value: "seconds", children: "seconds" })
          ]
        }
      )
    ] });
    return jsx(Figure, { title: "Best so far", summary: `Best values: ${told3}.`, data, controls, children: jsx(CurvePlot, { lines, isLog: false, xLabel: over === "n_trials" ? "trials ended" : over, yLabel: metrics, height: 300 }) });
  }

  // library:echarts
  var init = globalThis.tunebookLibraries["echarts"].init;

  // src/charts/echart.tsx
  function EChart({ option, height, onTrial, onReady }) {
    const place = useRef(null);
    const chart = useRef(null);
    const click = useRef(onTrial);
    click.current = onTrial;
    useEffect(() => {
      const made2 = init(place.current, null, { renderer: "canvas" });
      chart.current = made2;
      made2.on("click", (event) => {
        const trial = event.data?.trial;
        if (trial !== void 0) click.current?.(trial);
      });
      onReady?.(made2);
      const observer = new ResizeObserver(() => made2.resize());
      observer.observe(place.current);
      return () => {
        observer.disconnect();
        made2.dispose();
      };
    }, []);
    useEffect(() => {
      chart.current?.setOption({ animation: false, ...option }, { notMerge: true });
    }, [option, theme.value]);
    return jsx("div", { ref: place, class: "chart", style: { height: `${height}px` }, "aria-hidden": "true" });
  }
  function axes(x, y) {
    const colours = ink();
    const common = {
      nameTextStyle: { color: colours.muted, fontSize: 11 },
      nameLocation: "middle",
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
      axisLabel: { color: colours.muted, fontSize: 11, hideOverlap: true, ...x["axisLabel"] },
      splitLine: { lineStyle: { color: colours.line, opacity: 0.55 } }
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
        axisLabel: { color: colours.muted, fontSize: 11, ...y["axisLabel"] }
      }
    };
  }
  function tooltip() {
    const colours = ink();
    return {
      trigger: "item",
      renderMode: "richText",
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.text, fontSize: 12 }
    };
  }
  function plain(text) {
    const flat = text.replace(/[{}|]/g, " ").replace(/\s+/g, " ");
    return flat.length > 80 ? `${flat.slice(0, 79)}…` : flat;
  }

  // src/charts/simple.tsx
  function SimpleChart({ chart }) {
    const data = () => [
      ["series", chart.x_label || "x", chart.y_label || "y"],
      ...chart.series.flatMap((s) => s.x.map((x, n) => [s.name, x, s.y[n] ?? null]))
    ];
    return jsx(Figure, { title: chart.title, summary: chart.summary, data, children: jsx(Drawing, { chart }) });
  }
  function Drawing({ chart }) {
    switch (chart.kind) {
      case "bar":
        return jsx(Bars, { series: chart.series, isFall: false });
      case "waterfall":
        return jsx(Bars, { series: chart.series, isFall: true });
      case "heat map":
        return jsx(Heat, { series: chart.series });
      default:
        return jsx(Plot, { chart });
    }
  }
  function Plot({ chart }) {
    const option = useMemo(() => plotted(chart), [chart, theme.value]);
    const named2 = chart.series.filter((series) => series.name);
    return jsxs(Fragment, { children: [
      jsx(EChart, { option, height: 240 }),
      named2.length > 0 && jsx("p", { class: "keys", children: named2.map((series) => jsxs("span", { class: "key", children: [
        jsx(
          "span",
          {
            class: "dot-key",
            style: { background: seriesColour(chart.series.indexOf(series)) }
          }
        ),
        series.name
      ] }, series.name)) })
    ] });
  }
  function plotted(chart) {
    const label = { formatter: (value) => figure(value, 3) };
    const axis = (isLog, name) => ({
      type: isLog ? "log" : "value",
      name: plain(name),
      axisLabel: label,
      scale: true
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
        lineStyle: { color: seriesColour(n) }
      }))
    };
  }
  function Bars({ series, isFall }) {
    const rows = series.flatMap((one, place) => spans(one, isFall, place));
    const low = Math.min(0, ...rows.map((row) => row.from));
    const high = Math.max(0, ...rows.map((row) => row.to));
    const share = (value) => high > low ? (value - low) / (high - low) * 100 : 0;
    return jsx("div", { class: "bars", "aria-hidden": "true", children: rows.map((row, n) => jsxs("div", { class: "bar-row", children: [
      jsx("span", { class: "name", children: row.name }),
      jsx("span", { class: "track", children: jsx(
        "span",
        {
          class: "fill",
          style: {
            left: `${share(row.from)}%`,
            width: `${share(row.to) - share(row.from)}%`,
            background: seriesColour(row.place)
          }
        }
      ) }),
      jsx("span", { class: "number", children: figure(row.value, 3) })
    ] }, n)) });
  }
  function spans(series, isFall, place) {
    let at = 0;
    return series.x.map((x, n) => {
      const value = series.y[n] ?? 0;
      const [from, to] = [Math.min(at, at + value), Math.max(at, at + value)];
      if (isFall) at += value;
      return { name: scalar(x), value: series.y[n], from, to, place: value < 0 ? 1 : place };
    });
  }
  function Heat({ series }) {
    const values = series.flatMap((row) => row.y.filter((y) => y !== null));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const unit = (y) => high > low ? (y - low) / (high - low) : 0;
    return jsx("div", { class: "scroll", children: jsxs("table", { class: "heat", children: [
      jsx("thead", { children: jsxs("tr", { children: [
        jsx("td", {}),
        series[0]?.x.map((x, n) => jsx("th", { scope: "col", children: scalar(x) }, n))
      ] }) }),
      jsx("tbody", { children: series.map((row) => jsxs("tr", { children: [
        jsx("th", { scope: "row", children: row.name }),
        row.y.map((y, n) => jsx(
          "td",
          {
            class: y === null ? "" : "hot",
            style: y === null ? {} : { "--heat": `${unit(y)}` },
            children: figure(y, 3)
          },
          n
        ))
      ] }, row.name)) })
    ] }) });
  }

  // src/views/sections.tsx
  function SectionsPage({ of }) {
    const [page2, setPage] = useState(null);
    const [error, setError] = useState(null);
    useEffect(() => {
      source.page(of).then(setPage, (problem) => {
        if (!(problem instanceof Refusal)) throw problem;
        setError(problem.message);
      });
    }, [of]);
    return jsxs("main", { children: [
      error && jsx("p", { class: "refusal", role: "alert", children: error }),
      !page2 && !error && jsx(Waiting, {}),
      page2 && jsxs(Fragment, { children: [
        jsx("h1", { children: page2.title }),
        jsxs("p", { class: "muted", children: [
          "Written ",
          moment(page2.written_at)
        ] }),
        jsx(Sections, { sections: page2.sections })
      ] })
    ] });
  }
  function Sections({ sections }) {
    return jsx(Fragment, { children: sections.map((section) => jsxs(Panel, { title: section.title, children: [
      section.paragraphs.map((text, n) => jsx("p", { children: text }, n)),
      section.findings.length > 0 && jsx("div", { class: "findings", children: section.findings.map((finding, n) => jsx(Finding, { finding }, n)) }),
      section.charts.map((chart) => jsx(SimpleChart, { chart }, chart.title)),
      section.pictures.length > 0 && jsx("div", { class: "pictures", children: section.pictures.map((picture, n) => jsxs("figure", { children: [
        jsx("img", { src: picture.data, alt: picture.caption }),
        jsx("figcaption", { children: picture.caption })
      ] }, n)) }),
      section.tables.map((table) => jsx(Cells, { table }, table.title))
    ] }, section.title)) });
  }
  function Cells({ table }) {
    return jsxs(Fragment, { children: [
      table.title && jsx("h3", { children: table.title }),
      jsx("div", { class: "scroll bordered", children: jsxs("table", { class: "table", children: [
        jsx("thead", { children: jsx("tr", { children: table.columns.map((name) => jsx("th", { children: name }, name)) }) }),
        jsx("tbody", { children: table.rows.map((row, n) => jsx("tr", { children: row.map((cell, column) => jsx("td", { class: typeof cell === "number" ? "right" : "long", children: typeof cell === "number" ? figure(cell) : String(cell ?? "") }, column)) }, n)) })
      ] }) })
    ] });
  }
  function PageList() {
    const [rows, setRows] = useState([]);
    useEffect(() => {
      source.pages().then(setRows, () => setRows([]));
    }, []);
    if (rows.length === 0) return null;
    return jsxs(Fragment, { children: [
      jsx("h2", { children: "Guides and datasets" }),
      jsx("div", { class: "scroll bordered", children: jsxs("table", { class: "table", children: [
        jsx("thead", { children: jsxs("tr", { children: [
          jsx("th", { children: "Report" }),
          jsx("th", { children: "Of" }),
          jsx("th", { children: "Verdict" }),
          jsx("th", { children: "Written" })
        ] }) }),
        jsx("tbody", { children: rows.map((row) => jsxs("tr", { children: [
          jsx("td", { class: "long", children: jsx("a", { href: address(["report", ...row.address.split("/")]), children: row.title }) }),
          jsx("td", { children: row.kind }),
          jsx("td", { children: row.level && jsx(State, { state: row.level }) }),
          jsx("td", { class: "muted", title: moment(row.written_at), children: ago(row.written_at) })
        ] }, row.address)) })
      ] }) })
    ] });
  }

  // src/charts/sparkline.tsx
  function Sparkline({ values, label }) {
    if (values.length === 0) return jsx("span", { class: "muted", children: "–" });
    const [width, height] = [110, 26];
    const low = Math.min(...values);
    const high = Math.max(...values);
    const y = (value) => high > low ? height - 3 - (value - low) / (high - low) * (height - 6) : height / 2;
    const x = (n) => values.length > 1 ? 2 + n / (values.length - 1) * (width - 6) : 4;
    const steps = values.map(
      (value, n) => n === 0 ? `M${x(0)} ${y(value)}` : `H${x(n).toFixed(1)}V${y(value).toFixed(1)}`
    );
    return jsxs("svg", { class: "sparkline", width, height, role: "img", "aria-label": label, children: [
      jsx("path", { d: steps.join(""), fill: "none", stroke: "currentColor", "stroke-width": "1.5" }),
      jsx("circle", { cx: x(values.length - 1), cy: y(values[values.length - 1]), r: "2.5" })
    ] });
  }

  // src/views/studies.tsx
  var REFRESH_MS2 = 3e3;
  function Studies() {
    const [rows, setRows] = useState(null);
    const [error, setError] = useState(null);
    const [chosen2, choose] = useState(/* @__PURE__ */ new Set());
    useEffect(() => {
      const load = async () => {
        if (document.hidden) return;
        try {
          setRows(await source.studies());
          setError(null);
        } catch (problem) {
          if (!(problem instanceof Refusal)) throw problem;
          setError(problem.message);
        }
      };
      void load();
      const timer = window.setInterval(load, REFRESH_MS2);
      return () => window.clearInterval(timer);
    }, []);
    const toggle = (name) => {
      const next = new Set(chosen2);
      if (!next.delete(name)) next.add(name);
      choose(next);
    };
    const compare = () => go(address(["compare"]) + query2([...chosen2]));
    return jsxs("main", { children: [
      jsxs("div", { class: "title-row", children: [
        jsx("h1", { children: "Studies" }),
        jsxs("button", { type: "button", disabled: chosen2.size < 2, onClick: compare, children: [
          "Compare ",
          chosen2.size > 1 ? chosen2.size : ""
        ] })
      ] }),
      error && jsx("p", { class: "refusal", role: "alert", children: error }),
      !rows && !error && jsx(Waiting, {}),
      rows?.length === 0 && jsxs("div", { class: "empty", children: [
        jsx("h2", { children: "No studies yet" }),
        jsx("p", { children: "Start one, and it appears here:" }),
        jsx("code", { children: "tunebook demo" })
      ] }),
      rows && rows.length > 0 && jsx("div", { class: "scroll bordered", children: jsxs("table", { class: "table", children: [
        jsx("thead", { children: jsxs("tr", { children: [
          jsx("th", { "aria-label": "Choose for comparison" }),
          jsx("th", { children: "Study" }),
          jsx("th", { children: "State" }),
          jsx("th", { class: "right", children: "Best" }),
          jsx("th", { children: "Best so far" }),
          jsx("th", { class: "right", children: "Trials" }),
          jsx("th", { children: "Budget" }),
          jsx("th", { children: "Last event" })
        ] }) }),
        jsx("tbody", { children: rows.map((row) => jsx(
          Row,
          {
            row,
            isChosen: chosen2.has(row.name),
            onChoose: () => toggle(row.name)
          },
          row.name
        )) })
      ] }) }),
      jsx(PageList, {})
    ] });
  }
  function query2(names) {
    return `?${new URLSearchParams(names.map((name) => ["study", name]))}`;
  }
  function Row({ row, isChosen, onChoose }) {
    const used = Math.max(0, ...row.budget.map((b) => b.limit > 0 ? b.used / b.limit : 0));
    const tight = row.budget.find((b) => b.limit > 0 && b.used / b.limit === used);
    return jsxs("tr", { children: [
      jsx("td", { children: jsx(
        "input",
        {
          type: "checkbox",
          "aria-label": `Choose ${row.name}`,
          checked: isChosen,
          onChange: onChoose
        }
      ) }),
      jsx("td", { class: "long", children: jsx("a", { href: studyAddress(row.name), children: row.name }) }),
      jsx("td", { title: row.why, children: jsx(State, { state: row.state }) }),
      jsxs("td", { class: "right", children: [
        jsx("span", { class: "strong", children: figure(row.best_value) }),
        " ",
        jsx("span", { class: "muted short", children: row.objective.metric })
      ] }),
      jsx("td", { children: jsx(
        Sparkline,
        {
          values: row.incumbent,
          label: `${row.incumbent.length} values, best ${figure(row.best_value)}`
        }
      ) }),
      jsx("td", { class: "right", children: row.n_trials.toLocaleString("en-US") }),
      jsx("td", { children: tight ? jsxs("span", { class: "limit small", children: [
        jsx("span", { class: "track", children: jsx("span", { class: "fill", style: { width: `${Math.min(1, used) * 100}%` } }) }),
        jsxs("span", { class: "number", children: [
          percent(used),
          " of ",
          tight.name
        ] })
      ] }) : jsx("span", { class: "muted", children: "no limit" }) }),
      jsx("td", { class: "muted", title: moment(row.updated_at), children: ago(row.updated_at) })
    ] });
  }

  // src/views/curve_key.tsx
  function Key({ look }) {
    return jsx("p", { class: "keys", "aria-label": `Colours of ${look.by}`, children: keysOf(look).map(([label, colour]) => jsxs("span", { children: [
      jsx("span", { class: "dot-key", style: { background: colour } }),
      label.slice(0, 40)
    ] }, label)) });
  }
  function keysOf({ by, rows, study }) {
    const parameter = study.space.find((one) => one.name === by);
    const n = parameter?.values.length ?? 0;
    if (parameter?.scale === "choice") {
      return parameter.values.map((value, i) => [
        scalar(value),
        parameter.is_ordered ? ramp((i + 0.5) / n) : seriesColour(i)
      ]);
    }
    const [low, high] = valuesSpan(rows);
    const at = (unit) => {
      if (parameter) return valueAt(parameter, unit);
      return by === "value" ? low + unit * (high - low) : Number.NaN;
    };
    const places = by === "trial" || !Number.isFinite(at(0)) ? [] : [0, 0.25, 0.5, 0.75, 1];
    return places.map((unit) => [figure(at(unit), 3), ramp(unit)]);
  }
  function valuesSpan(rows) {
    const values = [...rows.values()].flatMap((row) => row.value === null ? [] : [row.value]);
    return [Math.min(...values), Math.max(...values)];
  }
  function colourOf({ by, rows, study }) {
    const unknown = ink().faint;
    if (by === "trial") return (trial) => seriesColour(trial);
    if (by === "value") {
      const [low, high] = valuesSpan(rows);
      return (trial) => {
        const value = rows.get(trial)?.value;
        if (value === null || value === void 0) return unknown;
        return ramp(high > low ? (value - low) / (high - low) : 1);
      };
    }
    const parameter = study.space.find((one) => one.name === by);
    return (trial) => {
      const value = rows.get(trial)?.config[by];
      const unit = parameter ? unitPlace(parameter, value) : null;
      if (unit === null || !parameter) return unknown;
      if (parameter.scale !== "choice" || parameter.is_ordered) return ramp(unit);
      return seriesColour(Math.floor(unit * parameter.values.length));
    };
  }

  // src/views/curves.tsx
  var MAX_ROWS = 500;
  var MAX_RAW = 30;
  function Curves({ study }) {
    const [smooth, setSmooth] = useState(0);
    const [isLog, setLog] = useState(false);
    const [over, setOver] = useState("step");
    const [by, setBy] = useState("trial");
    const [alone, setAlone] = useState(null);
    const [hovered, setHovered] = useState("");
    const rows = useRows(study);
    const verdicts = useVerdicts(study, alone);
    const metric = openMetric.value ?? study.objective.metric;
    const found = held.value?.curves;
    useEffect(() => {
      if (found?.metric !== metric) void loadCurves(metric);
    }, [metric, study.name]);
    const lines = useMemo(
      () => made(found?.curves ?? [], { smooth, over, by, alone, rows, study }),
      [found, smooth, over, by, alone, rows, theme.value]
    );
    if (!found) return jsx(Waiting, {});
    const open = alone === null ? null : study;
    const controls = jsxs(Fragment, { children: [
      jsx(Choice, { label: "metric", value: metric, of: study.metrics, onChange: (m) => void loadCurves(m) }),
      jsx(Choice, { label: "over", value: over, of: ["step", "seconds"], onChange: setOver }),
      jsx(
        Choice,
        {
          label: "colour by",
          value: by,
          of: ["trial", "value", ...study.space.map((one) => one.name)],
          onChange: setBy
        }
      ),
      jsxs("label", { children: [
        "smooth",
        " ",
        jsx(
          "input",
          {
            type: "range",
            min: "0",
            max: "0.98",
            step: "0.02",
            value: smooth,
            onInput: (event) => setSmooth(Number(event.currentTarget.value))
          }
        )
      ] }),
      jsxs("label", { children: [
        jsx(
          "input",
          {
            type: "checkbox",
            checked: isLog,
            onChange: (event) => setLog(event.currentTarget.checked)
          }
        ),
        " ",
        "log axis"
      ] })
    ] });
    const data = () => [
      ["trial", "step", "seconds", metric],
      ...found.curves.flatMap(
        (curve) => curve.steps.map((step, i) => [
          curve.trial,
          step,
          curve.seconds[i] ?? null,
          curve.values[i] ?? null
        ])
      )
    ];
    return jsxs(Fragment, { children: [
      jsxs(
        Figure,
        {
          title: `${metric} of all trials`,
          summary: summaryOf(found.curves, metric, found.n_left_out, smooth),
          data,
          controls,
          children: [
            jsx(
              CurvePlot,
              {
                lines,
                isLog,
                xLabel: over,
                yLabel: metric.slice(0, 40),
                height: 440,
                onTrial: (trial) => setAlone(trial === alone ? null : trial),
                onHover: setHovered
              }
            ),
            jsx(Key, { look: { smooth, over, by, alone, rows, study } }),
            jsx("p", { class: "readout", "aria-live": "off", children: open && alone !== null ? jsxs(Fragment, { children: [
              "Only trial ",
              alone,
              " is shown.",
              " ",
              verdicts.map((one) => jsx(CurveTag, { word: one.title, title: one.evidence }, one.id)),
              " ",
              jsx("button", { type: "button", class: "quiet", onClick: () => setAlone(null), children: "Show all" }),
              " ",
              jsxs(
                "button",
                {
                  type: "button",
                  class: "quiet",
                  onClick: () => go(studyAddress(study.name, "trial", String(alone))),
                  children: [
                    "Open trial ",
                    alone
                  ]
                }
              )
            ] }) : hovered || "Click a curve to isolate it; drag to zoom, double-click to zoom out." })
          ]
        }
      ),
      jsxs("label", { class: "isolate", children: [
        "isolate trial",
        " ",
        jsx(
          "input",
          {
            type: "number",
            min: "0",
            value: alone ?? "",
            onChange: (event) => {
              const given = event.currentTarget.value;
              setAlone(given === "" ? null : Number(given));
            }
          }
        )
      ] })
    ] });
  }
  function Choice(props) {
    return jsxs("label", { children: [
      props.label,
      " ",
      jsx("select", { value: props.value, onChange: (event) => props.onChange(event.currentTarget.value), children: props.of.map((one) => jsx("option", { value: one, children: one.slice(0, 40) }, one)) })
    ] });
  }
  function useRows(study) {
    const [rows, setRows] = useState(/* @__PURE__ */ new Map());
    const n_trials = nTrials(study);
    useEffect(() => {
      const all = { sort: "value", descending: study.objective.direction === "maximize" };
      const rest = { states: [], text: "", offset: 0, limit: MAX_ROWS };
      source.trials(study.name, { ...all, ...rest }).then((page2) => setRows(new Map(page2.rows.map((row) => [row.number, row])))).catch(() => setRows(/* @__PURE__ */ new Map()));
    }, [study.name, n_trials]);
    return rows;
  }
  function useVerdicts(study, alone) {
    const [found, setFound] = useState(null);
    useEffect(() => {
      if (alone === null) return;
      source.trial(study.name, alone).then(setFound).catch(() => setFound(null));
    }, [study.name, alone, study.findings_seq]);
    return found?.row.number === alone ? found?.verdicts ?? [] : [];
  }
  function made(curves, look) {
    const colour = colourOf(look);
    const isRawShown = (trial) => curves.length <= MAX_RAW || look.alone === trial;
    return curves.flatMap((curve) => {
      const raw = {
        trial: curve.trial,
        x: look.over === "step" ? curve.steps : curve.seconds,
        y: curve.values,
        colour: colour(curve.trial),
        isFaint: look.alone !== null && look.alone !== curve.trial
      };
      if (look.smooth === 0) return [raw];
      const smooth = { ...raw, y: smoothed(curve.values, look.smooth) };
      return isRawShown(curve.trial) ? [{ ...raw, isFaint: true }, smooth] : [smooth];
    });
  }
  function smoothed(values, factor) {
    let [sum, weight] = [0, 0];
    return values.map((value) => {
      if (value === null) return null;
      sum = factor * sum + (1 - factor) * value;
      weight = factor * weight + (1 - factor);
      return sum / weight;
    });
  }
  function summaryOf(curves, metric, n_left_out, smooth) {
    const n_points = curves.reduce((sum, curve) => sum + curve.steps.length, 0);
    const last = curves.flatMap((curve) => curve.values.at(-1) ?? []);
    const ends = last.length ? `; they end between ${figure(Math.min(...last))} and ${figure(Math.max(...last))}` : "";
    return `${count(curves.length, "curve")} of ${metric}, ${count(n_points, "point")}${ends}.` + (n_left_out ? ` ${count(n_left_out, "curve")} of worse trials left out.` : "") + (smooth > 0 ? ` Smoothed with factor ${smooth}.` : "");
  }

  // src/charts/burn_down.tsx
  var STEADY = 0.95;
  function BurnDown({ study }) {
    const all = useMemo(() => burning(study), [study.seq]);
    const option = useMemo(() => options2(study, all), [all, theme.value]);
    if (all.length === 0 || study.spent.length < 2) return null;
    const left = all.map((one) => `${percent(one.points.at(-1)[1])} of ${one.name}`).join(", ");
    const end = study.forecast?.left_s ?? null;
    const summary = `Left: ${left}${end === null ? "" : `; at this pace over in ${duration(end)}`}.`;
    const data = () => [
      ["seconds", ...all.map((one) => `${one.name} left`)],
      ...all.flatMap(
        (one, n) => one.points.map(([at, left2]) => [at, ...all.map((_, m) => m === n ? left2 : null)])
      )
    ];
    return jsxs(Figure, { title: "Burn-down", summary, data, children: [
      jsx(EChart, { option, height: 150 }),
      jsx("p", { class: "keys", children: all.map((one, n) => jsxs("span", { children: [
        jsx("span", { class: "dot-key", style: { background: seriesColour(n) } }),
        one.name
      ] }, one.name)) })
    ] });
  }
  function burning(study) {
    const passed = study.updated_at - study.created_at;
    const isSteady = study.active_s >= STEADY * passed;
    const now = Math.max(passed, isSteady ? study.active_s : 0);
    return study.budget.flatMap(({ name, used, limit }) => {
      const isCounted = name === "trials" || name === "steps";
      const isEven = isSteady && (name === "hours" || name === "cost");
      if (limit <= 0 || !(isCounted || isEven)) return [];
      const share = (spent) => Math.max(0, 1 - spent / limit);
      const told3 = isCounted ? study.spent.map((one) => [one.seconds, share(one[name])]) : [];
      return [{ name, points: [[0, 1], ...told3, [now, share(used)]] }];
    });
  }
  function options2(study, all) {
    const colours = ink();
    const common = axes(
      { type: "value", min: 0, axisLabel: { formatter: (v) => duration(v) } },
      {
        type: "value",
        min: 0,
        max: 1,
        axisLabel: { formatter: (v) => `${figure(v * 100, 3)} %` }
      }
    );
    const line = { type: "line", showSymbol: false, silent: true };
    const left_s = study.forecast?.left_s ?? null;
    const ends = all.map((one) => one.points.at(-1));
    const tightest = ends.length ? ends.reduce((a, b) => b[1] < a[1] ? b : a) : null;
    return {
      ...common,
      grid: { left: 44, right: 16, top: 8, bottom: 22 },
      series: [
        ...all.map((one, n) => ({
          ...line,
          data: one.points,
          lineStyle: { color: seriesColour(n), width: 2 }
        })),
        ...left_s !== null && tightest ? [
          {
            ...line,
            data: [tightest, [tightest[0] + left_s, 0]],
            lineStyle: { color: colours.muted, type: "dashed", width: 1.5 }
          }
        ] : []
      ]
    };
  }

  // src/charts/incumbent.tsx
  var OVER = {
    trials: { key: "n_trials", label: "trials ended" },
    steps: { key: "steps", label: "training steps" },
    time: { key: "seconds", label: "seconds" },
    cost: { key: "cost", label: "cost" }
  };
  function Incumbent({ study, onTrial }) {
    const [over, setOver] = useState("trials");
    const points = study.incumbent;
    const choices = Object.keys(OVER).filter(
      (one) => one !== "cost" || points.some((point) => point.cost !== null)
    );
    const option = useMemo(() => options3(study, over), [points, over, theme.value, study.seq]);
    const last = points[points.length - 1];
    const summary = last ? `Best ${study.objective.metric} ${figure(last.value)}, by trial ${last.trial}, after ${last.n_trials} trials, ${figure(last.steps)} steps and ${duration(last.seconds)}; improved ${points.length} times.` : "No trial has ended with a value yet.";
    const controls = jsxs("label", { children: [
      "over",
      " ",
      jsx("select", { value: over, onChange: (e) => setOver(e.currentTarget.value), children: choices.map((one) => jsx("option", { children: one }, one)) })
    ] });
    const data = () => [
      ["trial", "value", "trials ended", "steps", "seconds", "cost"],
      ...points.map((p) => [p.trial, p.value, p.n_trials, p.steps, p.seconds, p.cost])
    ];
    return jsx(Figure, { title: "Best so far", summary, data, controls, children: last && jsx(EChart, { option, height: 240, onTrial }) });
  }
  function options3(study, over) {
    const colours = ink();
    const { key, label } = OVER[over];
    const place = (point) => Number(point[key] ?? 0);
    const points = study.incumbent.map((p) => ({ value: [place(p), p.value], trial: p.trial }));
    const { x, y } = stairs(study, key);
    const common = axes(
      { type: "value", name: label, min: 0, axisLabel: { formatter: (v) => figure(v, 3) } },
      {
        type: "value",
        name: plain(study.objective.metric),
        axisLabel: { formatter: (v) => figure(v, 3) }
      }
    );
    return {
      ...common,
      tooltip: {
        ...common["tooltip"],
        formatter: ({ data }) => data.trial === void 0 ? "" : `trial ${data.trial}: ${figure(data.value[1])}`
      },
      series: [
        {
          type: "line",
          showSymbol: false,
          silent: true,
          data: x.map((at, n) => [at, y[n]]),
          lineStyle: { color: colours.accent, width: 2 },
          areaStyle: { color: colours.accent, opacity: 0.07, origin: "start" }
        },
        {
          type: "scatter",
          data: points,
          symbolSize: 8,
          itemStyle: { color: colours.accent, borderColor: colours.surface, borderWidth: 1.5 }
        }
      ]
    };
  }

  // src/views/account.ts
  function account(study, parameters2) {
    return [
      ...asked2(study),
      ...done(study),
      ...chosen(study, parameters2),
      ...useless(study, parameters2),
      ...caveats(study),
      ...repeated(study)
    ];
  }
  function asked2(study) {
    const { metric, direction, reduce } = study.objective;
    const more = direction === "maximize" ? "higher" : "lower";
    const target = study.budget.length ? ` within ${study.budget.map((b) => `${figure(b.limit)} ${b.name}`).join(", ")}` : "";
    const searched = study.space.filter((one) => one.scale !== "choice" || one.values.length > 1);
    return [
      `Question: which of the configurations of ${searched.length} parameters gives the ${more === "higher" ? "highest" : "lowest"} ${metric}${target}? A trial counts by its ${reduce} value.`,
      ...aim(study)
    ];
  }
  function aim({ target, best, objective }) {
    if (target === null) return [];
    const isMax = objective.direction === "maximize";
    const isMet = best !== null && (isMax ? best.value >= target : best.value <= target);
    return [`The target is ${figure(target)}: ${isMet ? "it was reached" : "not reached so far"}.`];
  }
  function done(study) {
    const total = nTrials(study);
    if (total === 0) return ["Nothing has been tried yet."];
    const without = (study.counts["infeasible"] ?? 0) + (study.counts["failed"] ?? 0);
    const price = study.cost === null ? "" : `, at a cost of ${figure(study.cost)}`;
    return [
      `Searched with ${String(study.search["name"] ?? "ask and tell")}: ${total} trials in ${duration(study.active_s)} of work${price}` + (without ? `; ${without} of them gave no value and are kept in every figure.` : ".")
    ];
  }
  function chosen(study, parameters2) {
    const { best } = study;
    if (!best) return [];
    const ended = study.counts["done"] ?? 0;
    const told3 = [
      `Best: trial ${best.trial} with ${study.objective.metric} ${figure(best.value, 5)} at step ${best.step}, chosen as the best single value among ${ended} trials that were trained to their end. No retraining with other seeds confirms it, so part of its lead may be luck.`
    ];
    const points = parameters2?.expected_best;
    const last = points?.[points.length - 1];
    const half = last && points?.findLast((point) => point.k <= last.k / 2);
    if (last && half) {
      told3.push(
        `Twice as many trials, ${last.k} for ${half.k}, gained ${figure(Math.abs(last.mean - half.mean), 2)} on average.`
      );
    }
    return told3;
  }
  function useless(study, parameters2) {
    const unclear = parameters2?.trends.filter((one) => !one.is_clear).map((one) => one.parameter);
    if (!unclear?.length) return [];
    return [
      `No clear trend was seen over ${unclear.join(", ")}${study.is_adaptive ? ", in a search that did not try them evenly" : ""}.`
    ];
  }
  function caveats(study) {
    const told3 = [];
    if (study.is_adaptive && nTrials(study) > 0) {
      told3.push(
        "The search looked at values when it chose what to try: axis plots show where it looked as well as what is good."
      );
    }
    const fixed = study.space.filter((one) => one.scale === "choice" && one.values.length === 1);
    if (fixed.length) told3.push(`Held fixed: ${fixed.map((one) => `${one.name} ${one.text}`).join(", ")}.`);
    const edges = study.findings.filter((one) => one.id.startsWith("edge:"));
    if (edges.length) {
      told3.push(`Better values may lie outside the space: ${edges.map((e) => e.title).join("; ")}.`);
    }
    const data = study.environment["data"];
    if (data) told3.push(`All of this holds for ${String(data)}.`);
    if (study.state === "running" || study.state === "paused") {
      told3.push("The study is not over: all of this may change.");
    }
    return told3;
  }
  function repeated({ environment }) {
    const { command, folder, code } = environment;
    if (!command) return [];
    const at = [folder ? `in ${String(folder)}` : "", code ? `with the code at ${String(code)}` : ""];
    return [`To repeat it: ${[String(command), ...at].filter(Boolean).join(" ")}.`];
  }

  // src/views/steering.tsx
  function StudySteering({ study }) {
    const [open, setOpen] = useState(null);
    if (!source.isLive) return null;
    const isRunning = study.state === "running";
    const isOver = !isRunning && study.state !== "paused";
    const toggle = (which) => setOpen(open === which ? null : which);
    return jsxs("div", { class: "steering", children: [
      jsxs("div", { class: "buttons", children: [
        jsx("button", { type: "button", disabled: !isRunning, onClick: () => ask("pause study", {}), children: "Pause study" }),
        jsx(
          Confirmed,
          {
            label: "Stop study",
            isDisabled: !isRunning,
            onYes: () => ask("stop study", {})
          }
        ),
        jsx("button", { type: "button", "aria-expanded": open === "budget", onClick: () => toggle("budget"), children: "Add budget" }),
        jsx(
          "button",
          {
            type: "button",
            "aria-expanded": open === "enqueue",
            disabled: isOver,
            onClick: () => toggle("enqueue"),
            children: "Enqueue"
          }
        )
      ] }),
      study.state === "paused" && jsxs(Fragment, { children: [
        jsx("p", { class: "muted", children: "It goes on once a driver is started, in the folder it was started in:" }),
        jsx(Copyable, { text: `tunebook resume ${quoted(study.name)}`, label: "command to resume" })
      ] }),
      open === "budget" && jsx(AddBudget, { study, onDone: () => setOpen(null) }),
      open === "enqueue" && jsx(Enqueue, { study, onDone: () => setOpen(null) })
    ] });
  }
  function quoted(name) {
    return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
  }
  function TrialSteering({ number, state }) {
    if (!source.isLive || !["queued", "running", "paused", "lost"].includes(state)) return null;
    const body = { trial: number };
    return jsxs("div", { class: "buttons", children: [
      state === "paused" ? jsx("button", { type: "button", onClick: () => ask("resume trial", body), children: "Resume trial" }) : jsx("button", { type: "button", onClick: () => ask("pause trial", body), children: "Pause trial" }),
      jsx(Confirmed, { label: "Stop trial", isDisabled: false, onYes: () => ask("stop trial", body) })
    ] });
  }
  function Confirmed(props) {
    const [isAsking, setAsking] = useState(false);
    if (isAsking && !props.isDisabled) {
      const answer = (isYes) => {
        setAsking(false);
        if (isYes) props.onYes();
      };
      return jsxs("span", { class: "confirm", role: "group", "aria-label": props.label, children: [
        jsxs("button", { type: "button", class: "danger", autofocus: true, onClick: () => answer(true), children: [
          "Yes, ",
          props.label.toLowerCase()
        ] }),
        jsx("button", { type: "button", class: "quiet", onClick: () => answer(false), children: "Keep" })
      ] });
    }
    return jsx("button", { type: "button", disabled: props.isDisabled, onClick: () => setAsking(true), children: props.label });
  }
  var SUMMED = ["trials", "steps", "hours", "cost"];
  function AddBudget({ study, onDone }) {
    const limits = study.budget.filter((limit) => SUMMED.includes(limit.name));
    const submit = async (event) => {
      event.preventDefault();
      const form = new FormData(event.currentTarget);
      const given = limits.map((limit) => [limit.name, Number(form.get(limit.name))]).filter(([, more]) => more > 0);
      if (given.length && await ask("add budget", Object.fromEntries(given))) onDone();
    };
    if (limits.length === 0) return jsx("p", { class: "muted", children: "This study has no limit that could be raised." });
    return jsxs("form", { class: "form", "aria-label": "Add budget", onSubmit: submit, children: [
      limits.map((limit) => jsxs("label", { children: [
        "more ",
        limit.name,
        jsx(
          "input",
          {
            name: limit.name,
            type: "number",
            min: "0",
            step: limit.name === "trials" || limit.name === "steps" ? 1 : "any"
          }
        )
      ] }, limit.name)),
      jsx("button", { type: "submit", children: "Add" })
    ] });
  }
  function Enqueue({ study, onDone }) {
    const fixed = (one) => one.scale === "choice" && one.values.length === 1;
    const asked3 = study.space.filter((one) => !fixed(one));
    const submit = async (event) => {
      event.preventDefault();
      const form = new FormData(event.currentTarget);
      const config = {};
      for (const one of study.space) {
        const given = fixed(one) ? "0" : String(form.get(one.name) ?? "");
        if (given === "") continue;
        config[one.name] = one.scale === "choice" ? one.values[Number(given)] : Number(given);
      }
      if (await ask("enqueue", { config })) onDone();
    };
    return jsxs("form", { class: "form", "aria-label": "Enqueue a configuration", onSubmit: submit, children: [
      asked3.map((one) => jsxs("label", { title: one.text, children: [
        one.name,
        jsx(Field, { parameter: one, start: study.best?.config[one.name] })
      ] }, one.name)),
      jsx("button", { type: "submit", children: "Enqueue" })
    ] });
  }
  function Field({ parameter, start }) {
    const { name, condition } = parameter;
    if (parameter.scale === "choice") {
      const chosen2 = parameter.values.findIndex((value) => value === start);
      return jsxs("select", { name, children: [
        condition && jsx("option", { value: "", children: "(not set)" }),
        parameter.values.map((value, n) => jsx("option", { value: n, selected: n === chosen2, children: shortened(String(value)) }, n))
      ] });
    }
    return jsx(
      "input",
      {
        name,
        type: "number",
        step: "any",
        required: !condition,
        defaultValue: start === void 0 || start === null ? "" : String(start),
        placeholder: `${parameter.low} to ${parameter.high}`
      }
    );
  }
  function Requests({ requests, isLive }) {
    if (requests.length === 0) return null;
    return jsx("ul", { class: "requests", "aria-label": "Requests", children: requests.map((request) => jsxs("li", { children: [
      jsx("span", { class: request.answer === null ? "pending" : "answered", children: request.answer === null ? "pending" : shortened(request.answer, 200) }),
      " ",
      request.kind,
      " ",
      told(request),
      request.answer === null && !isLive && jsx("span", { class: "muted", children: " (obeyed when the study goes on)" })
    ] }, request.id)) });
  }
  function told(request) {
    if (request.kind === "edit notes") return "";
    const parts = Object.entries(request.body).map(
      ([name, value]) => name === "trial" ? String(value) : `${name} ${String(value)}`
    );
    return shortened(parts.join(", "), 120);
  }
  function Notes({ study }) {
    const [draft, setDraft] = useState(null);
    if (!source.isLive) {
      return study.notes ? jsx("p", { class: "notes", children: study.notes }) : jsx("p", { class: "muted", children: "No notes." });
    }
    const save = async () => {
      if (draft !== null && await ask("edit notes", { notes: draft })) setDraft(null);
    };
    return jsxs("div", { class: "notes-editor", children: [
      jsx(
        "textarea",
        {
          "aria-label": "Notes",
          rows: 3,
          placeholder: "What is this study about? What did you learn?",
          value: draft ?? study.notes,
          onInput: (event) => setDraft(event.currentTarget.value)
        }
      ),
      draft !== null && draft !== study.notes && jsxs("div", { class: "buttons", children: [
        jsx("button", { type: "button", onClick: save, children: "Save notes" }),
        jsx("button", { type: "button", class: "quiet", onClick: () => setDraft(null), children: "Discard" })
      ] })
    ] });
  }

  // src/views/overview.tsx
  var STATES = [
    ...["running", "queued", "paused", "lost"],
    ...["done", "stopped", "infeasible", "failed", "cancelled"]
  ];
  var LIGHTS = {
    "infeasible-share": "trials",
    optimization: "curves",
    curves: "curves"
  };
  function Overview({ study }) {
    useEffect(() => {
      if (!parameters.value) void loadParameters();
    }, [study.name]);
    const open = (trial) => go(studyAddress(study.name, "trial", String(trial)));
    return jsxs("div", { class: "overview", children: [
      jsxs("div", { class: "column wide", children: [
        jsx(Incumbent, { study, onTrial: open }),
        jsx(Findings, { study }),
        jsx(Panel, { title: "In words", children: jsx("div", { class: "account", children: account(study, parameters.value).map((sentence) => jsx("p", { children: sentence }, sentence.slice(0, 40))) }) }),
        jsx(Panel, { title: "Notes", children: jsx(Notes, { study }) })
      ] }),
      jsxs("div", { class: "column", children: [
        jsx(BestPanel, { study }),
        jsx(Panel, { title: "Trials", children: jsx(Counts, { study }) }),
        jsxs(Panel, { title: "Budget", children: [
          jsx(Budget, { limits: study.budget }),
          jsx(Forecast, { study }),
          jsx(BurnDown, { study }),
          jsx(StudySteering, { study }),
          jsx(Requests, { requests: study.requests, isLive: study.is_live })
        ] }),
        jsx(About, { study })
      ] })
    ] });
  }
  function Findings({ study }) {
    return jsxs(Panel, { title: "Findings", children: [
      study.findings.length === 0 && jsx("p", { class: "muted", children: "Nothing can be said before trials have ended." }),
      study.lights.length > 0 && jsx("ul", { class: "lights", "aria-label": "Before you conclude", children: study.lights.map((light) => jsx("li", { title: light.advice, children: jsx("a", { href: studyAddress(study.name, LIGHTS[light.id] ?? "parameters"), children: jsx(State, { state: light.level, word: light.title }) }) }, light.id)) }),
      jsx("div", { class: "findings", children: study.findings.map((finding) => jsx(Finding, { finding }, finding.id)) })
    ] });
  }
  function BestPanel({ study }) {
    const { best, objective } = study;
    if (!best) {
      return jsx(Panel, { title: "Best configuration", children: jsx("p", { class: "muted", children: "No trial has a value yet." }) });
    }
    const json = JSON.stringify(best.config, null, 1).replace(/\n\s*/g, " ");
    return jsxs(Panel, { title: "Best configuration", children: [
      jsxs("p", { class: "headline", children: [
        jsx("span", { class: "big", children: figure(best.value, 5) }),
        " ",
        jsx("span", { class: "muted short", children: objective.metric })
      ] }),
      jsxs("p", { children: [
        jsxs("a", { href: studyAddress(study.name, "trial", String(best.trial)), children: [
          "Trial ",
          best.trial
        ] }),
        " ",
        jsxs("span", { class: "muted", children: [
          "at step ",
          figure(best.step)
        ] })
      ] }),
      jsx(Pairs, { rows: Object.entries(best.config).map(([name, value]) => [name, scalar(value)]) }),
      jsx(Copyable, { text: json, label: "best configuration" }),
      best.checkpoint ? jsx(Copyable, { text: best.checkpoint, label: "path of the checkpoint" }) : jsx("p", { class: "muted", children: "No checkpoint was kept." })
    ] });
  }
  function Counts({ study }) {
    const total = nTrials(study);
    const present = STATES.filter((state) => study.counts[state]);
    const show = (state) => {
      query.value = { ...query.value, states: [state], offset: 0 };
    };
    if (total === 0) return jsx("p", { class: "muted", children: "None yet." });
    return jsxs(Fragment, { children: [
      jsx("div", { class: "strip", "aria-hidden": "true", children: present.map((state) => jsx(
        "span",
        {
          class: `fill-${state}`,
          style: { flexGrow: study.counts[state] ?? 0 }
        },
        state
      )) }),
      jsx("ul", { class: "counts", children: present.map((state) => jsxs("li", { children: [
        jsx("a", { href: studyAddress(study.name, "trials"), onClick: () => show(state), children: jsx(State, { state }) }),
        jsx("span", { class: "number", children: (study.counts[state] ?? 0).toLocaleString("en-US") })
      ] }, state)) })
    ] });
  }
  function Forecast({ study }) {
    const { forecast } = study;
    if (!forecast) return null;
    const told3 = [
      forecast.left_s === null ? "" : `about ${duration(forecast.left_s)} left at this pace`,
      forecast.total_s === null ? "" : `forecast ${duration(forecast.total_s)} in all`,
      forecast.cost === null ? "" : `cost about ${figure(forecast.cost, 3)}`
    ].filter(Boolean);
    return jsxs("p", { class: "muted", children: [
      told3.join("; "),
      forecast.warning && jsxs("strong", { class: "warning", children: [
        " ",
        forecast.warning
      ] })
    ] });
  }
  function About({ study }) {
    const { objective } = study;
    const search = Object.entries(study.search).map(([name, value]) => name === "name" ? String(value) : `${name} ${scalar(value)}`).join(", ");
    return jsx(Panel, { title: "How it was searched", children: jsx(
      Pairs,
      {
        rows: [
          ["objective", `${objective.direction} ${objective.metric} (${objective.reduce})`],
          ["search", search || "ask and tell"],
          ["steps of a full trial", study.max_steps === null ? "–" : figure(study.max_steps)],
          ["worked", duration(study.active_s)],
          ["cost", study.cost === null ? "–" : figure(study.cost)],
          ["created", moment(study.created_at)],
          ...study.space.map((one) => [
            one.name,
            [one.text, one.condition, one.role].filter(Boolean).join(", ")
          ]),
          ...study.constraints.map((rule) => ["constraint", rule]),
          ...Object.entries(study.environment).map(([name, value]) => [
            name,
            scalar(value)
          ])
        ]
      }
    ) });
  }

  // src/charts/ticks.ts
  var MAX_LABEL = 12;
  function ticks(parameter) {
    const { scale, values, low, high } = parameter;
    if (scale === "choice") {
      return values.map((value, n) => ({
        unit: (n + 0.5) / values.length,
        label: plain(scalar(value)).slice(0, MAX_LABEL)
      }));
    }
    if (low === null || high === null || low >= high) return [];
    const chosen2 = scale === "log" ? decades(low, high) : scale === "1-x" ? nines(low, high) : evenly(low, high);
    return chosen2.flatMap((value) => {
      const unit = unitPlace(parameter, value);
      return unit === null ? [] : [{ unit, label: figure(value, 5) }];
    });
  }
  function tickLabels(parameter) {
    const found = ticks(parameter);
    return {
      customValues: found.map((tick) => tick.unit),
      formatter: (unit) => found.find((tick) => Math.abs(tick.unit - unit) < 1e-6)?.label ?? ""
    };
  }
  function decades(low, high) {
    const [from, to] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    if (to - from < 1) return [low, Math.sqrt(low * high), high];
    const by = Math.ceil((to - from + 1) / 7);
    const found = [];
    for (let power = from; power <= to; power += by) found.push(10 ** power);
    return found;
  }
  function nines(low, high) {
    const found = [low];
    for (let power = 1; power < 12; power++) {
      const value = Number((1 - 10 ** -power).toFixed(power));
      if (value > low && value < high) found.push(value);
    }
    return [...found, high];
  }
  function evenly(low, high) {
    const rough = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((one) => one >= rough);
    const found = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) {
      found.push(Number((n * step).toPrecision(12)));
    }
    return found;
  }

  // src/charts/axis.tsx
  var EDGE = 0.1;
  var STAR = "path://M12 1l3.1 7 7.6.7-5.8 5 1.8 7.5L12 17.3l-6.7 3.9 1.8-7.5-5.8-5 7.6-.7z";
  var CROSS = "path://M3 1L1 3l5 5-5 5 2 2 5-5 5 5 2-2-5-5 5-5-2-2-5 5z";
  function AxisPlot({ parameter, objective, points, edges, onTrial }) {
    const option = useMemo(
      () => options4(parameter, objective, points, edges),
      [parameter.name, points, edges, theme.value]
    );
    const n_bad = points.filter((point) => point.value === null).length;
    const top = points.filter((point) => point.is_top).map((point) => scalar(point.x));
    const told3 = edges.map(
      (edge) => ` The best lie at the ${edge.is_high ? "upper" : "lower"} edge: ${edge.advice}` + (edge.proposed === null ? "." : `, to ${figure(edge.proposed)}.`)
    );
    const best = top.length ? ` The best have ${parameter.name} ${top.join(", ")}.` : "";
    const summary = `${points.length - n_bad} trials with a value and ${n_bad} infeasible.` + best + told3.join("");
    const data = () => [
      ["trial", parameter.name, objective.metric, "top"],
      ...points.map((p) => [p.trial, p.x, p.value, p.is_top])
    ];
    return jsx(Figure, { title: parameter.name, summary, data, children: jsx(EChart, { option, height: 220, onTrial }) });
  }
  function options4(parameter, objective, points, edges) {
    const colours = ink();
    const bad = points.filter((point) => point.value === null);
    const good = points.filter((point) => point.value !== null);
    const worst = edgeOf(good, objective.direction);
    const mark = (point, y) => ({
      value: [point.unit, y],
      trial: point.trial,
      told: `trial ${point.trial}: ${scalar(point.x)} gave ${figure(point.value)}`
    });
    const common = axes(unitAxis(parameter), {
      type: "value",
      axisLabel: { formatter: (v) => figure(v, 3) }
    });
    const outer = parameter.scale === "choice" ? 1 / parameter.values.length : EDGE;
    const opacity = good.length > 200 ? 0.4 : 0.75;
    return {
      ...common,
      grid: { left: 52, right: 12, top: 12, bottom: 26 },
      tooltip: {
        ...common["tooltip"],
        formatter: ({ data }) => plain(data.told)
      },
      series: [
        ...edges.map((edge) => ({
          type: "line",
          silent: true,
          showSymbol: false,
          lineStyle: { color: colours.bad, type: "dashed", width: 1.5 },
          data: good.length ? span(good).map((y) => [edge.is_high ? 1 - outer : outer, y]) : []
        })),
        {
          type: "scatter",
          symbolSize: good.length > 500 ? 5 : 7,
          itemStyle: { color: colours.accent, opacity },
          data: good.filter((point) => !point.is_top).map((point) => mark(point, point.value))
        },
        {
          type: "scatter",
          symbol: CROSS,
          symbolSize: 8,
          itemStyle: { color: colours.bad, opacity: 0.8 },
          data: bad.map((point) => ({
            ...mark(point, worst),
            told: `trial ${point.trial}: ${scalar(point.x)} was infeasible`
          }))
        },
        {
          type: "scatter",
          symbol: STAR,
          symbolSize: 17,
          itemStyle: { color: colours.best, borderColor: colours.surface, borderWidth: 1 },
          data: good.filter((point) => point.is_top).map((point) => mark(point, point.value))
        }
      ]
    };
  }
  function edgeOf(good, direction) {
    if (good.length === 0) return 0;
    const [low, high] = span(good);
    const margin = (high - low || 1) * 0.06;
    return direction === "maximize" ? low - margin : high + margin;
  }
  function span(good) {
    const values = good.map((point) => point.value);
    return [Math.min(...values), Math.max(...values)];
  }
  function unitAxis(parameter) {
    return { type: "value", min: 0, max: 1, axisLabel: tickLabels(parameter) };
  }

  // src/charts/expected.tsx
  function ExpectedBest({ points, objective, seedNoise }) {
    const option = useMemo(() => options5(points, objective), [points, theme.value]);
    const last = points[points.length - 1];
    const half = last && points.findLast((point) => point.k <= last.k / 2);
    const summary = !last ? "Shown from 20 feasible trials on." : `Of ${last.k} trials the best is expected at ${figure(last.mean)}` + (half ? `; of ${half.k} at ${figure(half.mean)} (quartiles ${figure(half.lower)} to ${figure(half.upper)}): doubling them gained ${figure(Math.abs(last.mean - half.mean), 2)}, ` + (seedNoise === null ? "seed noise is unknown: no configuration was trained twice." : `seed noise is ${figure(seedNoise, 2)}.`) : ".");
    const data = () => [
      ["trials", "mean", "lower quartile", "median", "upper quartile"],
      ...points.map((p) => [p.k, p.mean, p.lower, p.median, p.upper])
    ];
    return jsx(Figure, { title: "Expected best of k trials", summary, data, children: last ? jsx(EChart, { option, height: 220 }) : null });
  }
  function options5(points, objective) {
    const colours = ink();
    const low = (p) => Math.min(p.lower, p.upper);
    const high = (p) => Math.max(p.lower, p.upper);
    const common = axes(
      { type: "value", name: "trials", min: "dataMin", max: "dataMax" },
      {
        type: "value",
        name: plain(objective.metric),
        axisLabel: { formatter: (v) => figure(v, 3) }
      }
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
          lineStyle: { opacity: 0 }
        },
        {
          ...line,
          data: points.map((p) => [p.k, high(p) - low(p)]),
          stack: "quartiles",
          stackStrategy: "all",
          lineStyle: { opacity: 0 },
          areaStyle: { color: colours.accent, opacity: 0.18 }
        },
        { ...line, data: points.map((p) => [p.k, p.mean]), lineStyle: { color: colours.accent } }
      ]
    };
  }

  // src/charts/importance.tsx
  function Importance({ found }) {
    const rows = [...found.importance].sort((a, b) => b.share - a.share);
    const summary = found.importance_refusal ?? (rows.length ? `Share of the variation explained, with its interval: ${rows.map((r) => `${r.parameter} ${percent(r.share)} (${percent(r.low)} to ${percent(r.high)})`).join(", ")}.` : "No parameter is searched.");
    const data = () => [
      ["parameter", "share", "low", "high", "prior"],
      ...rows.map((r) => [r.parameter, r.share, r.low, r.high, found.priors[r.parameter] ?? null])
    ];
    const priors = ["high", "medium", "low"].flatMap((level) => {
      const names = Object.keys(found.priors).filter((name) => found.priors[name] === level);
      return names.length ? [`${level}: ${names.join(", ")}`] : [];
    });
    return jsx(Figure, { title: "Importance", summary, data, children: found.importance_refusal ? jsxs(Fragment, { children: [
      jsxs("p", { class: "refusal", children: [
        "Not shown: ",
        found.importance_refusal
      ] }),
      priors.length > 0 && jsxs("p", { children: [
        "Expected to matter before any trial: ",
        priors.join("; "),
        "."
      ] })
    ] }) : jsx("div", { class: "bars", "aria-hidden": "true", children: rows.map((row) => jsxs("div", { class: "bar-row", children: [
      jsx("span", { class: "name", children: row.parameter }),
      jsxs("span", { class: "track", children: [
        jsx("span", { class: "fill", style: { width: `${row.share * 100}%` } }),
        jsx(
          "span",
          {
            class: "whisker",
            style: { left: `${row.low * 100}%`, width: `${(row.high - row.low) * 100}%` }
          }
        )
      ] }),
      jsx("span", { class: "number", children: percent(row.share) }),
      found.priors[row.parameter] && jsxs("span", { class: "word", children: [
        "prior: ",
        found.priors[row.parameter]
      ] })
    ] }, row.parameter)) }) });
  }
  function Trends({ found, isAdaptive }) {
    const rows = [...found.trends].sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation));
    const n = found.expected_best.at(-1)?.k;
    const clear = rows.filter((row) => row.is_clear);
    const summary = rows.length === 0 ? "Trends are not shown below 10 feasible trials." : `Association in this study${n ? ` of ${n} trials with a value` : ""}: ` + (clear.map((row) => `${row.parameter}, ${row.effect}`).join("; ") || "no clear effect of any parameter") + "." + (isAdaptive ? " The search looked at values, which bends such trends." : "");
    const data = () => [
      ["parameter", "rank correlation", "low", "high", "effect"],
      ...rows.map((row) => [row.parameter, row.correlation, row.low, row.high, row.effect])
    ];
    return jsx(Figure, { title: "Trends", summary, data, children: jsx("div", { class: "bars", "aria-hidden": "true", children: rows.map((row) => jsxs("div", { class: row.is_clear ? "bar-row" : "bar-row unclear", children: [
      jsx("span", { class: "name", children: row.parameter }),
      jsxs("span", { class: "track centred", children: [
        jsx(
          "span",
          {
            class: "whisker",
            style: {
              left: `${(row.low + 1) * 50}%`,
              width: `${(row.high - row.low) * 50}%`
            }
          }
        ),
        jsx("span", { class: "dot", style: { left: `${(row.correlation + 1) * 50}%` } })
      ] }),
      jsx("span", { class: "number", children: row.correlation.toFixed(2).replace("-0.00", "0.00") }),
      jsx("span", { class: "word", children: row.effect })
    ] }, row.parameter)) }) });
  }
  function Interactions({ found }) {
    const pairs = found.interactions;
    const names = [...new Set(pairs.flatMap((pair) => [pair.first, pair.second]))];
    const highest = Math.max(1e-9, ...pairs.map((pair) => pair.share));
    const share = (a, b) => pairs.find((p) => p.first === a && p.second === b || p.first === b && p.second === a)?.share;
    const strongest = [...pairs].sort((a, b) => b.share - a.share)[0];
    const summary = strongest ? `Strongest together: ${strongest.first} and ${strongest.second}, ${percent(strongest.share)}.` : found.importance_refusal ?? "There are no pairs to show.";
    const data = () => [
      ["first", "second", "share"],
      ...pairs.map((pair) => [pair.first, pair.second, pair.share])
    ];
    return jsx(Figure, { title: "Interactions", summary, data, children: pairs.length > 0 && jsx("div", { class: "scroll", children: jsxs("table", { class: "heat", children: [
      jsx("thead", { children: jsxs("tr", { children: [
        jsx("td", {}),
        names.map((name) => jsx("th", { scope: "col", title: name, children: name }, name))
      ] }) }),
      jsx("tbody", { children: names.map((row) => jsxs("tr", { children: [
        jsx("th", { scope: "row", title: row, children: row }),
        names.map((column) => {
          const value = row === column ? void 0 : share(row, column);
          return jsx(
            "td",
            {
              style: value === void 0 ? {} : { "--heat": `${value / highest}` },
              class: value === void 0 ? "" : "hot",
              children: value === void 0 ? "" : percent(value)
            },
            column
          );
        })
      ] }, row)) })
    ] }) }) });
  }

  // src/charts/isolation.tsx
  function Isolation({ parameter, objective, buckets }) {
    const option = useMemo(
      () => options6(parameter, objective, buckets),
      [parameter.name, buckets, theme.value]
    );
    const thin = buckets.filter((bucket) => bucket.is_thin).length;
    const best = bestOf(buckets, objective);
    const summary = best ? `Best at ${named(parameter, best)}: ${figure(best.best)} of ${count(best.n, "trial")}.` + overfitted(parameter, buckets) + (thin ? ` ${thin} of ${buckets.length} stretches have fewer than 3 trials: grey.` : "") : "No stretch has a trial with a value.";
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
        b.best_tags.join(", ")
      ])
    ];
    return jsx(Figure, { title: `${parameter.name}, isolated`, summary, data, children: jsx(EChart, { option, height: 220 }) });
  }
  function bestOf(buckets, objective) {
    const sign = objective.direction === "maximize" ? -1 : 1;
    const having = buckets.filter((bucket) => bucket.best !== null && !bucket.is_thin);
    return having.sort((a, b) => sign * (a.best - b.best))[0];
  }
  function overfitted(parameter, buckets) {
    const found = buckets.filter(isOverfitted).map((bucket) => named(parameter, bucket));
    return found.length ? ` The best overfits at ${found.join(", ")}: marked !.` : "";
  }
  function isOverfitted(bucket) {
    return bucket.best_tags.some((tag) => tag.startsWith("overfits"));
  }
  function named(parameter, bucket) {
    if (bucket.x !== null) return scalar(bucket.x);
    const [low, high] = [bucket.low, bucket.high].map((unit) => figure(valueAt(parameter, unit), 3));
    return `${low} to ${high}`;
  }
  function options6(parameter, objective, buckets) {
    const colours = ink();
    const shown = buckets.filter((bucket) => bucket.best !== null);
    const common = axes(unitAxis(parameter), {
      type: "value",
      axisLabel: { formatter: (v) => figure(v, 3) }
    });
    const told3 = (bucket) => `${named(parameter, bucket)}: best ${figure(bucket.best)}, third ${figure(bucket.third)}
expected of as many as elsewhere ${figure(bucket.expected)}
${bucket.n} trials, ${bucket.n_infeasible} infeasible` + (bucket.best_tags.length ? `
trial ${bucket.best_trial} ${bucket.best_tags.join(", ")}` : "");
    const middle = (bucket) => (bucket.low + bucket.high) / 2;
    return {
      ...common,
      grid: { left: 52, right: 12, top: 20, bottom: 26 },
      tooltip: {
        ...common["tooltip"],
        formatter: ({ data }) => data.told ?? ""
      },
      series: [
        {
          type: "custom",
          renderItem: (_, api) => bar(api, colours.accent, colours.faint, colours.muted),
          encode: { x: [0, 1], y: [2, 3] },
          data: shown.map((bucket) => ({
            value: [
              bucket.low,
              bucket.high,
              bucket.best,
              bucket.third ?? bucket.best,
              bucket.n,
              bucket.is_thin ? 1 : 0,
              objective.direction === "maximize" ? 1 : 0,
              isOverfitted(bucket) ? 1 : 0
            ],
            told: told3(bucket)
          }))
        },
        {
          type: "scatter",
          symbol: "diamond",
          symbolSize: 8,
          itemStyle: { color: colours.surface, borderColor: colours.accent, borderWidth: 1.5 },
          data: shown.filter((bucket) => bucket.expected !== null && !bucket.is_thin).map((bucket) => ({ value: [middle(bucket), bucket.expected], told: told3(bucket) }))
        }
      ]
    };
  }
  function bar(api, accent, faint, muted) {
    const given = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => api.value(i));
    const [low, high, best, third, n, isThin, isMax, isOverfitted2] = given;
    const [x0, y0] = api.coord([low, best]);
    const [x1, y1] = api.coord([high, third]);
    const gap = Math.max(2, (x1 - x0) * 0.14);
    const colour = isThin ? faint : accent;
    const shape = {
      x: x0 + gap,
      y: Math.min(y0, y1),
      width: x1 - x0 - 2 * gap,
      height: Math.max(2, Math.abs(y1 - y0))
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
            text: isOverfitted2 ? `${n} !` : String(n),
            x: (x0 + x1) / 2,
            y: isMax ? y0 - 4 : y0 + 4,
            align: "center",
            verticalAlign: isMax ? "bottom" : "top",
            fill: muted,
            fontSize: 10
          }
        }
      ]
    };
  }

  // src/charts/parallel.tsx
  var NOWHERE = -0.08;
  function Parallel({ study, rows, total, onTrials }) {
    const [kept, keep] = useState(null);
    const searched = study.space.filter((one) => one.scale !== "choice" || one.values.length > 1);
    const shown = rows.filter((row) => row.value !== null || row.state === "infeasible");
    const current = useRef(shown);
    current.current = shown;
    const option = useMemo(() => options7(study, searched, shown), [rows, theme.value]);
    useEffect(() => keep(null), [rows]);
    const summary = `${shown.length} trials over ${searched.length} parameters` + (total > rows.length ? `, the best ${rows.length} of ${total}` : "") + (kept ? `; ${kept.length} pass the chosen stretches.` : ". Drag along an axis to choose.");
    const data = () => [
      ["trial", ...searched.map((one) => one.name), study.objective.metric],
      ...shown.map((row) => [
        row.number,
        ...searched.map((one) => row.config[one.name] ?? null),
        row.value
      ])
    ];
    const follow = (chart) => chart.on("axisareaselected", () => {
      const model = chart.getModel().getSeries()[0];
      const chosen2 = model.getRawIndicesByActiveState("active");
      const isAll = chosen2.length === 0 || chosen2.length === current.current.length;
      const numbers = chosen2.map((i) => current.current[i].number);
      keep(isAll ? null : numbers);
      onTrials(isAll ? null : numbers);
    });
    return jsx(Figure, { title: "Parallel coordinates", summary, data, children: jsx("div", { class: "scroll", children: jsx("div", { style: { minWidth: `${Math.max(320, 110 * (searched.length + 1))}px` }, children: jsx(EChart, { option, height: 320, onReady: follow }) }) }) });
  }
  function options7(study, searched, rows) {
    const colours = ink();
    const values = rows.flatMap((row) => row.value === null ? [] : [row.value]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const place = (value) => value === null ? NOWHERE : high > low ? (value - low) / (high - low) : 0.5;
    const isMax = study.objective.direction === "maximize";
    const axis = (name, labels) => ({
      name: plain(name).slice(0, 18),
      min: NOWHERE,
      max: 1,
      axisLabel: {
        ...labels,
        color: colours.text,
        fontSize: 10,
        textBorderColor: colours.surface,
        textBorderWidth: 3
      }
    });
    const all = [
      ...searched.map((one) => axis(one.name, tickLabels(one))),
      axis(study.objective.metric, {
        customValues: [0, 0.25, 0.5, 0.75, 1],
        formatter: (unit) => figure(low + unit * (high - low), 3)
      })
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
          areaSelectStyle: { color: colours.accent, borderColor: colours.accent, opacity: 0.25 }
        }
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
                unit
              ],
              lineStyle: row.value === null ? { color: colours.bad, width: 1, opacity: opacity * 0.6, type: "dashed" } : { color: ramp(good), width: 1.3, opacity }
            };
          })
        }
      ]
    };
  }

  // src/views/parameters.tsx
  var MAX_LINES = 500;
  var MAX_LISTED = 40;
  function Parameters({ study }) {
    const found = parameters.value;
    useEffect(() => {
      if (!parameters.value) void loadParameters();
    }, [study.name]);
    if (!found) return jsx(Waiting, {});
    const open = (trial) => go(studyAddress(study.name, "trial", String(trial)));
    const share = (name) => found.importance.find((one) => one.parameter === name)?.share ?? 0;
    const searched = study.space.filter((one) => found.axes[one.name]).sort((a, b) => share(b.name) - share(a.name));
    return jsxs(Fragment, { children: [
      study.is_adaptive && jsx("p", { class: "hint", children: "The search looked at values: points gather where it expected good ones (I6)." }),
      jsx(Panel, { title: "Values against each parameter", children: jsx("div", { class: "grid", children: searched.map((one) => jsx(
        AxisPlot,
        {
          parameter: one,
          objective: study.objective,
          points: found.axes[one.name] ?? [],
          edges: found.edges[one.name] ?? [],
          onTrial: open
        },
        one.name
      )) }) }),
      jsx(Panel, { title: "What matters", children: jsxs("div", { class: "grid", children: [
        jsx(Importance, { found }),
        jsx(Trends, { found, isAdaptive: study.is_adaptive }),
        jsx(
          ExpectedBest,
          {
            points: found.expected_best,
            objective: study.objective,
            seedNoise: found.seed_noise
          }
        ),
        jsx(Interactions, { found })
      ] }) }),
      jsxs(Panel, { title: "Best over all other parameters", children: [
        jsx("p", { class: "legend", children: "The line is the best trial, the bar reaches to the third best, ◇ is the best to expect of as many trials as the smallest stretch has. Numbers count trials." }),
        jsx("div", { class: "grid", children: searched.map((one) => jsx(
          Isolation,
          {
            parameter: one,
            objective: study.objective,
            buckets: found.isolation[one.name] ?? []
          },
          one.name
        )) })
      ] }),
      jsx(Panel, { title: "All parameters at once", children: jsx(AllAtOnce, { study, seq: found.seq }) })
    ] });
  }
  function AllAtOnce({ study, seq }) {
    const [page2, setPage] = useState(null);
    const [chosen2, choose] = useState(null);
    useEffect(() => {
      source.trials(study.name, {
        sort: "value",
        descending: study.objective.direction === "maximize",
        states: [],
        text: "",
        offset: 0,
        limit: MAX_LINES
      }).then(setPage).catch(() => setPage(null));
    }, [study.name, seq]);
    if (!page2) return jsx(Waiting, {});
    return jsxs(Fragment, { children: [
      jsx(Parallel, { study, rows: page2.rows, total: page2.total, onTrials: choose }),
      chosen2 && jsxs("p", { class: "chosen", children: [
        "Trials",
        " ",
        chosen2.slice(0, MAX_LISTED).map((trial) => jsx("a", { href: studyAddress(study.name, "trial", String(trial)), children: trial }, trial)),
        chosen2.length > MAX_LISTED && ` and ${chosen2.length - MAX_LISTED} more`
      ] })
    ] });
  }

  // src/views/lineage.tsx
  var MAX_DEPTH = 4;
  var N_NAMED = 3;
  function Lineage({ study, trial }) {
    if (!trial.family) return null;
    const { chain, descendants, n_left_out } = trial.family;
    return jsxs(Panel, { title: "Lineage", children: [
      jsx("p", { class: "muted", children: told2(trial.family, trial.row.number) }),
      jsx("ol", { class: "kin", children: [...chain, ...descendants].map((one) => jsx(Kin, { study, one, isSelf: one.trial === trial.row.number }, one.trial)) }),
      n_left_out > 0 && jsxs("p", { class: "muted", children: [
        count(n_left_out, "more distant trial"),
        " left out."
      ] })
    ] });
  }
  function told2({ chain, descendants }, number) {
    const forebears = chain.map((one) => one.trial).filter((one) => one !== number);
    const from = forebears.length ? `It continues ${count(forebears.length, "trial")}` : "It began anew";
    return `${from}; ${count(descendants.length, "trial")} ${descendants.length === 1 ? "continues" : "continue"} it.`;
  }
  function Kin({ study, one, isSelf }) {
    return jsxs(
      "li",
      {
        class: isSelf ? "is-self" : "",
        style: { marginLeft: `${16 * Math.min(one.depth, MAX_DEPTH)}px` },
        children: [
          jsxs("div", { class: "kin-head", children: [
            jsxs(
              "a",
              {
                href: studyAddress(study.name, "trial", String(one.trial)),
                "aria-current": isSelf ? "page" : void 0,
                children: [
                  "Trial ",
                  one.trial
                ]
              }
            ),
            jsx(State, { state: one.state }),
            jsx("span", { class: "number", children: figure(one.value) }),
            jsxs("span", { class: "muted", children: [
              "steps ",
              figure(one.from_step),
              "–",
              figure(one.to_step)
            ] })
          ] }),
          one.change && jsx("p", { class: "muted short", children: one.change })
        ]
      }
    );
  }
  function Reason({ study, text }) {
    return jsx("p", { class: "reason", children: text.split(/\btrial (\d+)\b/).map((part, n) => {
      if (n % 2 === 0) return part;
      return jsxs("a", { href: studyAddress(study.name, "trial", part), children: [
        "trial ",
        part
      ] }, n);
    }) });
  }
  function Ancestors({ study, numbers }) {
    return jsxs(Fragment, { children: [
      numbers.length === 0 && "–",
      numbers.slice(0, N_NAMED).map((number, n) => jsxs("span", { children: [
        n > 0 && jsx("span", { class: "muted", children: " ← " }),
        jsx("a", { href: studyAddress(study.name, "trial", String(number)), children: number })
      ] }, number)),
      numbers.length > N_NAMED && jsx("span", { class: "muted", children: " ← …" })
    ] });
  }

  // src/views/trial.tsx
  function Trial({ study, number }) {
    useEffect(() => {
      void loadTrial(number);
    }, [number, study.name]);
    const [isOpen, open] = useState(false);
    const trial = held.value?.trial;
    if (!trial || trial.row.number !== number) return failure.value ? null : jsx(Waiting, {});
    const { row } = trial;
    const isOfClass = (metric) => metric.includes("/") && metric.split("/")[0] in trial.curves;
    const wholes = Object.keys(trial.curves).filter((metric) => !isOfClass(metric));
    const ofClasses = Object.keys(trial.curves).filter(isOfClass);
    return jsxs("section", { "aria-label": `Trial ${number}`, children: [
      jsxs("div", { class: "title-row", children: [
        jsxs("h2", { class: "trial-title", children: [
          "Trial ",
          number,
          " ",
          jsx(State, { state: row.state }),
          study.best?.trial === number && jsx("span", { class: "star", children: "★ best" }),
          trial.verdicts.map((one) => jsx(CurveTag, { word: one.title, title: one.evidence }, one.id))
        ] }),
        jsx(TrialSteering, { number, state: row.state })
      ] }),
      jsx(
        Requests,
        {
          requests: study.requests.filter((one) => one.body["trial"] === number),
          isLive: study.is_live
        }
      ),
      trial.explanation && jsx(Reason, { study, text: trial.explanation }),
      row.error && jsx("p", { class: "refusal", children: row.error.slice(0, 2e3) }),
      jsxs("div", { class: "overview", children: [
        jsxs("div", { class: "column wide", children: [
          jsx("div", { class: "grid", children: wholes.map((metric, n) => jsx(MetricPlot, { metric, curve: trial.curves[metric], n }, metric)) }),
          ofClasses.length > 0 && jsxs("details", { open: isOpen, onToggle: (event) => open(event.currentTarget.open), children: [
            jsxs("summary", { children: [
              count(ofClasses.length, "metric"),
              " of single classes"
            ] }),
            jsx("div", { class: "grid", children: isOpen && ofClasses.map((metric, n) => jsx(MetricPlot, { metric, curve: trial.curves[metric], n }, metric)) })
          ] }),
          Object.keys(trial.curves).length === 0 && jsx("p", { class: "muted", children: "It has reported nothing." }),
          trial.verdicts.length + trial.observers.length > 0 && jsxs(Panel, { title: "What its curve says", children: [
            jsx("div", { class: "findings", children: trial.verdicts.map((one) => jsx(Finding, { finding: one }, one.id)) }),
            trial.observers.map((sentence) => jsx("p", { class: "muted", children: sentence }, sentence))
          ] }),
          jsx(Lineage, { study, trial }),
          jsx(Log, { trial })
        ] }),
        jsx("div", { class: "column", children: jsx(Facts, { study, trial }) })
      ] })
    ] });
  }
  function MetricPlot({ metric, curve, n }) {
    const lines = useMemo(
      () => [
        {
          trial: curve.trial,
          x: curve.steps,
          y: curve.values,
          colour: seriesColour(n),
          isFaint: false
        }
      ],
      [curve, theme.value]
    );
    const last = curve.steps.length - 1;
    const unit = metric.endsWith("@batch") ? "update" : "step";
    const summary = `${count(curve.steps.length, "point")}, the last ${figure(curve.values[last])} at ${unit} ${curve.steps[last]}.`;
    const data = () => [
      [unit, "seconds", metric],
      ...curve.steps.map((step, i) => [step, curve.seconds[i] ?? null, curve.values[i] ?? null])
    ];
    return jsx(Figure, { title: metric, summary, data, children: jsx(CurvePlot, { lines, isLog: false, xLabel: unit, yLabel: "", height: 200 }) });
  }
  function Log({ trial }) {
    const place = useRef(null);
    const [isFollowing, follow] = useState(true);
    useEffect(() => {
      if (isFollowing && place.current) place.current.scrollTop = place.current.scrollHeight;
    }, [trial.log_tail, isFollowing]);
    const notice = () => {
      const { scrollTop, scrollHeight, clientHeight } = place.current;
      follow(scrollHeight - scrollTop - clientHeight < 24);
    };
    return jsxs(Fragment, { children: [
      trial.traceback && jsx(Panel, { title: "Traceback", children: jsx("pre", { class: "log", tabIndex: 0, children: trial.traceback }) }),
      jsx(Panel, { title: "Log", children: trial.log_tail ? jsx("pre", { class: "log", ref: place, tabIndex: 0, onScroll: notice, children: trial.log_tail }) : jsx("p", { class: "muted", children: "It has printed nothing that was kept." }) })
    ] });
  }
  function Facts({ study, trial }) {
    const { row } = trial;
    return jsxs(Fragment, { children: [
      jsxs(Panel, { title: "Configuration", children: [
        jsx(Pairs, { rows: Object.entries(row.config).map(([name, value]) => [name, scalar(value)]) }),
        jsx(Copyable, { text: JSON.stringify(row.config), label: "configuration" })
      ] }),
      jsx(Panel, { title: "Result", children: jsx(
        Pairs,
        {
          rows: [
            [study.objective.metric, figure(row.value, 6)],
            ["best at step", row.best_step === null ? "–" : figure(row.best_step)],
            ["last value", figure(row.last, 6)],
            ["step", figure(row.step)],
            ["steps trained", figure(row.steps_done)],
            ["time", duration(row.seconds)],
            ["cost", row.cost === null ? "–" : figure(row.cost)],
            ["came from", row.source],
            ["tried again", trial.n_losses ? `${count(trial.n_losses, "time")}, its worker had vanished` : "–"],
            ["continues", jsx(Ancestors, { study, numbers: row.ancestors })],
            ["created", moment(row.created_at)],
            ["ended", row.ended_at === null ? "–" : moment(row.ended_at)]
          ]
        }
      ) }),
      trial.command && jsx(Panel, { title: "Train it again", children: jsx(Copyable, { text: trial.command, label: "command" }) }),
      jsxs(Panel, { title: "Checkpoints", children: [
        trial.checkpoints.length === 0 && jsx("p", { class: "muted", children: "None is kept." }),
        trial.checkpoints.map((one) => jsxs("div", { children: [
          jsxs("p", { class: "muted", children: [
            "step ",
            figure(one.step),
            ", ",
            bytes(one.n_bytes)
          ] }),
          jsx(Copyable, { text: one.path, label: `path of the checkpoint at step ${one.step}` })
        ] }, one.step))
      ] })
    ] });
  }

  // src/views/trials.tsx
  var STATES2 = [
    ...["queued", "running", "paused", "done", "stopped"],
    ...["infeasible", "failed", "cancelled", "lost"]
  ];
  function Trials({ study }) {
    const wanted = query.value;
    const change = (changes) => {
      query.value = { ...query.value, offset: 0, ...changes };
    };
    useEffect(() => {
      void loadPage();
    }, [wanted, study.name]);
    const page2 = held.value?.page;
    return jsxs("section", { "aria-label": "Trials", children: [
      jsxs("div", { class: "filters", children: [
        jsxs("label", { children: [
          "find",
          " ",
          jsx(
            "input",
            {
              type: "search",
              value: wanted.text,
              placeholder: "lr=0.01, out of memory, 12…",
              onInput: (event) => change({ text: event.currentTarget.value })
            }
          )
        ] }),
        jsxs("label", { children: [
          "state",
          " ",
          jsxs(
            "select",
            {
              value: wanted.states[0] ?? "",
              onChange: (event) => {
                const state = event.currentTarget.value;
                change({ states: state ? [state] : [] });
              },
              children: [
                jsx("option", { value: "", children: "all" }),
                STATES2.map((state) => jsx("option", { value: state, children: state }, state))
              ]
            }
          )
        ] }),
        page2 && jsx(Pager, { total: page2.total })
      ] }),
      !page2 && jsx(Waiting, {}),
      page2 && page2.total === 0 && jsx("p", { class: "muted", children: "No trial is like this." }),
      page2 && page2.rows.length > 0 && jsx(TrialTable, { study, rows: page2.rows })
    ] });
  }
  function Pager({ total }) {
    const wanted = query.value;
    const last = Math.min(total, wanted.offset + wanted.limit);
    const move = (by) => {
      const { offset, limit } = query.value;
      query.value = { ...query.value, offset: Math.max(0, offset + by * limit) };
    };
    return jsxs("div", { class: "pager", role: "group", "aria-label": "Pages", children: [
      jsx("button", { type: "button", disabled: wanted.offset === 0, onClick: () => move(-1), children: "Previous" }),
      jsx("span", { class: "number", role: "status", children: total === 0 ? "0 trials" : `${(wanted.offset + 1).toLocaleString("en-US")}–${last.toLocaleString("en-US")} of ` + count(total, "trial") }),
      jsx("button", { type: "button", disabled: last >= total, onClick: () => move(1), children: "Next" })
    ] });
  }
  function TrialTable({ study, rows }) {
    const searched = study.space.filter((one) => one.scale !== "choice" || one.values.length > 1);
    const hasCost = rows.some((row) => row.cost !== null);
    const hasParent = rows.some((row) => row.parent !== null);
    const hasTags = rows.some((row) => row.tags.length > 0);
    return jsx("div", { class: "scroll bordered", children: jsxs("table", { class: "table", children: [
      jsx("thead", { children: jsxs("tr", { children: [
        jsx(Head, { column: "number", label: "Trial", isRight: true }),
        jsx(Head, { column: "state", label: "State" }),
        jsx(Head, { column: "value", label: study.objective.metric, isRight: true }),
        jsx(Head, { column: "step", label: "Step", isRight: true }),
        searched.map((one) => jsx(Head, { column: `config.${one.name}`, label: one.name, isRight: true }, one.name)),
        jsx(Head, { column: "seconds", label: "Time", isRight: true }),
        hasCost && jsx(Head, { column: "cost", label: "Cost", isRight: true }),
        hasParent && jsx(Head, { column: "parent", label: "Continues", isRight: true }),
        hasTags && jsx("th", { children: "Curve" }),
        jsx(Head, { column: "error", label: "Why" }),
        jsx("th", { "aria-label": "Steering" })
      ] }) }),
      jsx("tbody", { children: rows.map((row) => jsx(
        Row2,
        {
          study,
          row,
          names: searched.map((one) => one.name),
          hasCost,
          hasParent,
          hasTags
        },
        row.number
      )) })
    ] }) });
  }
  function Head(props) {
    const wanted = query.value;
    const isSorted = wanted.sort === props.column;
    const sort = () => {
      const now = query.value;
      const descending = now.sort === props.column ? !now.descending : true;
      query.value = { ...now, sort: props.column, descending, offset: 0 };
    };
    const order = isSorted ? wanted.descending ? "descending" : "ascending" : "none";
    return jsx("th", { class: props.isRight ? "right" : "", "aria-sort": order, children: jsxs("button", { type: "button", class: "head", onClick: sort, title: props.label, children: [
      shortened(props.label, 24),
      jsx("span", { class: "arrow", "aria-hidden": "true", children: isSorted ? wanted.descending ? "↓" : "↑" : "" })
    ] }) });
  }
  function Row2({ study, row, names, hasCost, hasParent, hasTags }) {
    const isBest = study.best?.trial === row.number;
    const why = row.error ?? row.why ?? "";
    return jsxs("tr", { class: isBest ? "is-best" : "", children: [
      jsxs("td", { class: "right", children: [
        jsx("a", { href: studyAddress(study.name, "trial", String(row.number)), children: row.number }),
        isBest && jsx("span", { class: "star", title: "the best so far", role: "img", "aria-label": "best", children: "★" })
      ] }),
      jsx("td", { children: jsx(State, { state: row.state }) }),
      row.value === null ? jsx("td", { class: "right muted", title: "its last measurement; it has no value", children: figure(row.last) }) : jsx("td", { class: "right strong", children: figure(row.value) }),
      jsxs("td", { class: "right", children: [
        figure(row.step),
        study.max_steps !== null && jsxs("span", { class: "muted", children: [
          "/",
          figure(study.max_steps)
        ] })
      ] }),
      names.map((name) => jsx("td", { class: "right", title: String(row.config[name] ?? ""), children: shortened(scalar(row.config[name]), 24) }, name)),
      jsx("td", { class: "right", children: duration(row.seconds) }),
      hasCost && jsx("td", { class: "right", children: figure(row.cost) }),
      hasParent && jsx("td", { class: "right", children: jsx(Ancestors, { study, numbers: row.ancestors }) }),
      hasTags && jsx("td", { class: "tags", children: row.tags.map((tag) => jsx(CurveTag, { word: tag }, tag)) }),
      jsx("td", { class: row.error ? "why bad" : "why muted", title: shortened(why, 500), children: shortened(why, 80) }),
      jsx("td", { children: jsx(TrialSteering, { number: row.number, state: row.state }) })
    ] });
  }

  // src/views/study.tsx
  var TABS = ["overview", "curves", "trials", "parameters"];
  function Study({ name, rest }) {
    useEffect(() => {
      void openStudy(name);
    }, [name]);
    const study = held.value?.study;
    if (failure.value && !study) {
      return jsx("main", { children: jsx("p", { class: "refusal", role: "alert", children: failure.value }) });
    }
    if (!study || study.name !== name) return jsx("main", { children: jsx(Waiting, {}) });
    const tab = rest[0] ?? "overview";
    return jsxs("main", { children: [
      jsxs("div", { class: "title-row", children: [
        jsx("h1", { title: study.name, children: shortened(study.name, 80) }),
        jsx(State, { state: study.state }),
        study.best && jsxs("span", { class: "headline-figure", children: [
          shortened(study.objective.metric, 30),
          " ",
          jsx("strong", { children: figure(study.best.value, 5) })
        ] })
      ] }),
      study.why && jsx("p", { class: "muted why-line", children: shortened(study.why, 300) }),
      failure.value && jsx("p", { class: "refusal", role: "alert", children: failure.value }),
      jsx("nav", { class: "tabs", "aria-label": "Pages of the study", children: [...TABS, ...reportedSections().length > 0 ? ["report"] : []].map((one) => jsx(
        "a",
        {
          href: studyAddress(name, one),
          "aria-current": one === tab || one === "trials" && tab === "trial" ? "page" : void 0,
          children: one[0].toUpperCase() + one.slice(1)
        },
        one
      )) }),
      tab === "overview" && jsx(Overview, { study }),
      tab === "curves" && jsx(Curves, { study }),
      tab === "trials" && jsx(Trials, { study }),
      tab === "parameters" && jsx(Parameters, { study }),
      tab === "report" && jsx(Sections, { sections: reportedSections() }),
      tab === "trial" && jsx(Trial, { study, number: Number(rest[1]) })
    ] });
  }

  // src/main.tsx
  var CONNECTION_WORDS = {
    live: "live",
    waiting: "waiting",
    lost: "connection lost, trying again",
    report: "report"
  };
  function Bar({ name }) {
    const isLight = theme.value >= 0 && !isDark();
    const { written } = source;
    return jsxs("header", { class: "bar", children: [
      jsxs("a", { class: "brand", href: "#/", children: [
        jsx(Logo, {}),
        " tunebook"
      ] }),
      name && jsx("a", { class: "crumb", href: studyAddress(name), children: shortened(name, 40) }),
      jsx("span", { class: "space" }),
      written ? jsxs("span", { class: "muted", children: [
        "Written ",
        moment(written.at),
        " by tunebook ",
        written.version
      ] }) : name && jsx("span", { class: `connection ${connection.value}`, role: "status", children: CONNECTION_WORDS[connection.value] }),
      jsx(
        "button",
        {
          type: "button",
          class: "quiet",
          onClick: () => chooseTheme(isLight ? "dark" : "light"),
          children: isLight ? "Dark theme" : "Light theme"
        }
      )
    ] });
  }
  function Logo() {
    return jsxs("svg", { width: "20", height: "20", viewBox: "0 0 32 32", "aria-hidden": "true", children: [
      jsx("rect", { width: "32", height: "32", rx: "7", fill: "#14406b" }),
      jsx(
        "path",
        {
          d: "M6 24C11 24 11 10 16 10S21 7 26 7",
          fill: "none",
          stroke: "#7cc4ff",
          "stroke-width": "2.6",
          "stroke-linecap": "round"
        }
      ),
      jsx("circle", { cx: "26", cy: "7", r: "3", fill: "#ffb454" })
    ] });
  }
  function Page() {
    const { path, query: query3 } = route.value;
    const only = reportedStudy();
    const isStudy = path[0] === "study" && path[1] !== void 0;
    const name = only ?? (isStudy ? path[1] : null);
    useEffect(() => {
      document.title = name ? `${shortened(name, 60)} · tunebook` : "tunebook";
      if (!name) closeStudy();
    }, [name]);
    return jsxs(Fragment, { children: [
      jsx("a", { class: "skip", href: "#page", onClick: skip, children: "Skip to the content" }),
      jsx(Bar, { name }),
      name ? jsx(Study, { name, rest: isStudy ? path.slice(2) : [] }, name) : isPageOnly() || path[0] === "report" && path[1] ? jsx(SectionsPage, { of: path.slice(1).join("/") }) : path[0] === "compare" ? jsx(Compare, { names: query3.getAll("study") }) : jsx(Studies, {})
    ] });
  }
  function skip(event) {
    event.preventDefault();
    const main = document.querySelector("main");
    main?.setAttribute("tabindex", "-1");
    main?.focus();
  }
  showText();
  followTheme();
  followAddress();
  render(jsx(Page, {}), document.getElementById("page"));
})();
