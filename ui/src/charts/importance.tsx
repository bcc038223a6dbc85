// How much each parameter matters, with its interval; or why that cannot be said. Plain HTML.
import { percent } from "../format";
import type { ParametersMessage } from "../messages";
import { Figure } from "./figure";

export function Importance({ found }: { found: ParametersMessage }) {
  const rows = [...found.importance].sort((a, b) => b.share - a.share);
  const summary =
    found.importance_refusal ??
    (rows.length
      ? `Share of the variation explained, with its interval: ${rows
          .map((r) => `${r.parameter} ${percent(r.share)} (${percent(r.low)} to ${percent(r.high)})`)
          .join(", ")}.`
      : "No parameter is searched.");
  const data = () => [
    ["parameter", "share", "low", "high", "prior"],
    ...rows.map((r) => [r.parameter, r.share, r.low, r.high, found.priors[r.parameter] ?? null]),
  ];
  const priors = ["high", "medium", "low"].flatMap((level) => {
    const names = Object.keys(found.priors).filter((name) => found.priors[name] === level);
    return names.length ? [`${level}: ${names.join(", ")}`] : [];
  });
  return (
    <Figure title="Importance" summary={summary} data={data}>
      {found.importance_refusal ? (
        <>
          <p class="refusal">Not shown: {found.importance_refusal}</p>
          {priors.length > 0 && (
            <p>Expected to matter before any trial: {priors.join("; ")}.</p>
          )}
        </>
      ) : (
        <div class="bars" aria-hidden="true">
          {rows.map((row) => (
            <div class="bar-row" key={row.parameter}>
              <span class="name">{row.parameter}</span>
              <span class="track">
                <span class="fill" style={{ width: `${row.share * 100}%` }} />
                <span
                  class="whisker"
                  style={{ left: `${row.low * 100}%`, width: `${(row.high - row.low) * 100}%` }}
                />
              </span>
              <span class="number">{percent(row.share)}</span>
              {found.priors[row.parameter] && (
                <span class="word">prior: {found.priors[row.parameter]}</span>
              )}
            </div>
          ))}
        </div>
      )}
    </Figure>
  );
}

/** Rank correlations with being good (S0.25): an association in this study, no cause. */
export function Trends({ found, isAdaptive }: { found: ParametersMessage; isAdaptive: boolean }) {
  const rows = [...found.trends].sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation));
  const n = found.expected_best.at(-1)?.k;
  const clear = rows.filter((row) => row.is_clear);
  const summary =
    rows.length === 0
      ? "Trends are not shown below 10 feasible trials."
      : `Association in this study${n ? ` of ${n} trials with a value` : ""}: ` +
        (clear.map((row) => `${row.parameter}, ${row.effect}`).join("; ") ||
          "no clear effect of any parameter") +
        "." +
        (isAdaptive ? " The search looked at values, which bends such trends." : "");
  const data = () => [
    ["parameter", "rank correlation", "low", "high", "effect"],
    ...rows.map((row) => [row.parameter, row.correlation, row.low, row.high, row.effect]),
  ];
  return (
    <Figure title="Trends" summary={summary} data={data}>
      <div class="bars" aria-hidden="true">
        {rows.map((row) => (
          <div class={row.is_clear ? "bar-row" : "bar-row unclear"} key={row.parameter}>
            <span class="name">{row.parameter}</span>
            <span class="track centred">
              <span
                class="whisker"
                style={{
                  left: `${(row.low + 1) * 50}%`,
                  width: `${(row.high - row.low) * 50}%`,
                }}
              />
              <span class="dot" style={{ left: `${(row.correlation + 1) * 50}%` }} />
            </span>
            <span class="number">{row.correlation.toFixed(2).replace("-0.00", "0.00")}</span>
            <span class="word">{row.effect}</span>
          </div>
        ))}
      </div>
    </Figure>
  );
}

/** How much pairs of parameters matter together, beyond each alone. */
export function Interactions({ found }: { found: ParametersMessage }) {
  const pairs = found.interactions;
  const names = [...new Set(pairs.flatMap((pair) => [pair.first, pair.second]))];
  const highest = Math.max(1e-9, ...pairs.map((pair) => pair.share));
  const share = (a: string, b: string) =>
    pairs.find((p) => (p.first === a && p.second === b) || (p.first === b && p.second === a))?.share;
  const strongest = [...pairs].sort((a, b) => b.share - a.share)[0];
  const summary = strongest
    ? `Strongest together: ${strongest.first} and ${strongest.second}, ${percent(strongest.share)}.`
    : (found.importance_refusal ?? "There are no pairs to show.");
  const data = () => [
    ["first", "second", "share"],
    ...pairs.map((pair) => [pair.first, pair.second, pair.share]),
  ];
  return (
    <Figure title="Interactions" summary={summary} data={data}>
      {pairs.length > 0 && (
        <div class="scroll">
          <table class="heat">
            <thead>
              <tr>
                <td />
                {names.map((name) => (
                  <th scope="col" key={name} title={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {names.map((row) => (
                <tr key={row}>
                  <th scope="row" title={row}>{row}</th>
                  {names.map((column) => {
                    const value = row === column ? undefined : share(row, column);
                    return (
                      <td
                        key={column}
                        style={value === undefined ? {} : { "--heat": `${value / highest}` }}
                        class={value === undefined ? "" : "hot"}
                      >
                        {value === undefined ? "" : percent(value)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Figure>
  );
}
