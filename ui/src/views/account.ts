// What a study says in words (spec 5.6). A sentence whose evidence is missing is weakened or left out.
import { duration, figure } from "../format";
import type { ParametersMessage, StudyMessage } from "../messages";
import { nTrials } from "../progress";

/** Which statements the facts bear, in the order of a report. */
export function account(study: StudyMessage, parameters: ParametersMessage | null): string[] {
  return [
    ...asked(study),
    ...done(study),
    ...chosen(study, parameters),
    ...useless(study, parameters),
    ...caveats(study),
    ...repeated(study),
  ];
}

function asked(study: StudyMessage): string[] {
  const { metric, direction, reduce } = study.objective;
  const more = direction === "maximize" ? "higher" : "lower";
  const target = study.budget.length
    ? ` within ${study.budget.map((b) => `${figure(b.limit)} ${b.name}`).join(", ")}`
    : "";
  const searched = study.space.filter((one) => one.scale !== "choice" || one.values.length > 1);
  return [
    `Question: which of the configurations of ${searched.length} parameters gives the ` +
      `${more === "higher" ? "highest" : "lowest"} ${metric}${target}? A trial counts by its ` +
      `${reduce} value.`,
    ...aim(study),
  ];
}

function aim({ target, best, objective }: StudyMessage): string[] {
  if (target === null) return [];
  const isMax = objective.direction === "maximize";
  const isMet = best !== null && (isMax ? best.value >= target : best.value <= target);
  return [`The target is ${figure(target)}: ${isMet ? "it was reached" : "not reached so far"}.`];
}

function done(study: StudyMessage): string[] {
  const total = nTrials(study);
  if (total === 0) return ["Nothing has been tried yet."];
  const without = (study.counts["infeasible"] ?? 0) + (study.counts["failed"] ?? 0);
  const price = study.cost === null ? "" : `, at a cost of ${figure(study.cost)}`;
  return [
    `Searched with ${String(study.search["name"] ?? "ask and tell")}: ${total} trials in ` +
      `${duration(study.active_s)} of work${price}` +
      (without ? `; ${without} of them gave no value and are kept in every figure.` : "."),
  ];
}

function chosen(study: StudyMessage, parameters: ParametersMessage | null): string[] {
  const { best } = study;
  if (!best) return [];
  const ended = study.counts["done"] ?? 0;
  const told = [
    `Best: trial ${best.trial} with ${study.objective.metric} ${figure(best.value, 5)} at step ` +
      `${best.step}, chosen as the best single value among ${ended} trials that were trained to ` +
      "their end. No retraining with other seeds confirms it, so part of its lead may be luck.",
  ];
  const points = parameters?.expected_best;
  const last = points?.[points.length - 1];
  const half = last && points?.findLast((point) => point.k <= last.k / 2);
  if (last && half) {
    told.push(
      `Twice as many trials, ${last.k} for ${half.k}, gained ` +
        `${figure(Math.abs(last.mean - half.mean), 2)} on average.`,
    );
  }
  return told;
}

/** What did not help: nothing is said where an interval is missing, and no more than it bears. */
function useless(study: StudyMessage, parameters: ParametersMessage | null): string[] {
  const unclear = parameters?.trends.filter((one) => !one.is_clear).map((one) => one.parameter);
  if (!unclear?.length) return [];
  return [
    `No clear trend was seen over ${unclear.join(", ")}` +
      `${study.is_adaptive ? ", in a search that did not try them evenly" : ""}.`,
  ];
}

function caveats(study: StudyMessage): string[] {
  const told: string[] = [];
  if (study.is_adaptive && nTrials(study) > 0) {
    told.push(
      "The search looked at values when it chose what to try: axis plots show where it looked " +
        "as well as what is good.",
    );
  }
  const fixed = study.space.filter((one) => one.scale === "choice" && one.values.length === 1);
  if (fixed.length) told.push(`Held fixed: ${fixed.map((one) => `${one.name} ${one.text}`).join(", ")}.`);
  const edges = study.findings.filter((one) => one.id.startsWith("edge:"));
  if (edges.length) {
    told.push(`Better values may lie outside the space: ${edges.map((e) => e.title).join("; ")}.`);
  }
  const data = study.environment["data"];
  if (data) told.push(`All of this holds for ${String(data)}.`);
  if (study.state === "running" || study.state === "paused") {
    told.push("The study is not over: all of this may change.");
  }
  return told;
}

function repeated({ environment }: StudyMessage): string[] {
  const { command, folder, code } = environment;
  if (!command) return [];
  const at = [folder ? `in ${String(folder)}` : "", code ? `with the code at ${String(code)}` : ""];
  return [`To repeat it: ${[String(command), ...at].filter(Boolean).join(" ")}.`];
}
