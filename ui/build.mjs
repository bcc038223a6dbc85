// Builds the page into the folder given: app.js (ours, readable), libraries.js (minified), app.css.
// Both scripts are classic ones, so that the one-file report can hold them without an address.
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const out = process.argv[2];
/** What the page uses of each library; libraries.ts gives more, for none of it costs anything. */
const NAMES = {
  "@preact/signals": ["effect", "signal"],
  echarts: ["init"],
  preact: ["options", "render"],
  "preact/hooks": ["useEffect", "useMemo", "useRef", "useState"],
  "preact/jsx-runtime": ["Fragment", "jsx", "jsxs"],
  uplot: ["default"],
};

/** Takes libraries from the global that libraries.js has set, instead of bundling them twice. */
const fromGlobal = {
  name: "libraries-from-global",
  setup(builder) {
    builder.onResolve({ filter: /^[^.]/ }, ({ path }) =>
      path in NAMES ? { path, namespace: "library" } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: "library" }, ({ path }) => {
      const library = `globalThis.tunebookLibraries[${JSON.stringify(path)}]`;
      const exports = NAMES[path].map((name) =>
        name === "default"
          ? `export default ${library};`
          : `export const ${name} = ${library}.${name};`,
      );
      return { contents: exports.join("\n") };
    });
  },
};

/** What ECharts would bring and the page never reaches: about 30 kB. */
const UNUSED = {
  "component/tooltip/TooltipHTMLContent.js": "export default class {}", // ours are drawn as text
  "data/helper/transform.js":
    "export const applyDataTransform = () => []; export const registerExternalTransform = () => {}",
  "i18n/langZH.js": "export default {}",
  "loading/default.js": "export default () => {}",
  "preprocessor/backwardCompat.js": "export default () => {}", // options of ECharts 2 to 4
  "scale/Time.js": "export default class {}; export const calcNiceForTimeScale = () => {}",
  "theme/dark.js": "export default {}",
  "util/decal.js": "export const createOrUpdatePatternFromDecal = () => {}",
};
const leftOut = new Set();

/** Fails if ECharts has moved one of them: then it would come back unseen. */
const withoutUnused = {
  name: "without-unused",
  setup(builder) {
    builder.onLoad({ filter: /[/\\]echarts[/\\]lib[/\\].*\.js$/ }, ({ path }) => {
      const own = path.split(/[/\\]echarts[/\\]lib[/\\]/)[1].replaceAll("\\", "/");
      if (!(own in UNUSED)) return undefined;
      leftOut.add(own);
      return { contents: UNUSED[own] };
    });
    builder.onEnd(() => {
      const missing = Object.keys(UNUSED).filter((own) => !leftOut.has(own));
      if (missing.length) throw new Error(`ECharts no longer has ${missing.join(", ")}`);
    });
  },
};

const shared = { bundle: true, target: "es2022", charset: "utf8", logLevel: "warning" };
await mkdir(out, { recursive: true });
await build({
  ...shared,
  entryPoints: ["src/libraries.ts"],
  outfile: join(out, "libraries.js"),
  format: "iife",
  minify: true,
  legalComments: "inline",
  plugins: [withoutUnused],
});
await build({
  ...shared,
  entryPoints: ["src/main.tsx"],
  outfile: join(out, "app.js"),
  format: "iife",
  jsx: "automatic",
  jsxImportSource: "preact",
  jsxSideEffects: true, // leaves out a mark at every element that only a minifier would read
  plugins: [fromGlobal],
});
await build({ ...shared, entryPoints: ["src/app.css"], outfile: join(out, "app.css") });
await copyFile("src/index.html", join(out, "index.html"));
await copyFile("src/icon.svg", join(out, "icon.svg"));
await writeFile(join(out, "licenses.txt"), await licences());

/** The licences and notices of what libraries.js holds. */
async function licences() {
  const told = ["libraries.js holds the libraries named here, each under its own licence."];
  const signals = ["@preact/signals", "@preact/signals-core"];
  for (const name of ["echarts", "zrender", "tslib", "preact", ...signals, "uplot"]) {
    const folder = join("node_modules", name);
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    told.push(`==== ${name} ${version} ====`);
    for (const file of (await readdir(folder, { recursive: true })).sort()) {
      if (/^(licenses\/)?(license|notice)[^/]*$/i.test(file) && file !== "licenses") {
        told.push((await readFile(join(folder, file), "utf8")).trim());
      }
    }
  }
  return `${told.join("\n\n").replace(/[ \t]+$/gm, "").replace(/\r/g, "")}\n`;
}
