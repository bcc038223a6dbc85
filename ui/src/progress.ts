// How far a study has come on each axis that its best values are drawn over.
import type { IncumbentMessage, StudyMessage } from "./messages";

const OPEN = ["queued", "running", "paused", "lost"];

export type Axis = keyof Pick<IncumbentMessage, "n_trials" | "steps" | "seconds" | "cost">;

/** Where the study stands; 0 where its messages do not say: a line then ends at its last point. */
export function reached(study: StudyMessage, axis: Axis): number {
  switch (axis) {
    case "n_trials":
      return nTrials(study) - OPEN.reduce((sum, state) => sum + (study.counts[state] ?? 0), 0);
    case "steps":
      return study.budget.find((limit) => limit.name === "steps")?.used ?? 0;
    case "seconds":
      return study.active_s;
    case "cost":
      return study.cost ?? 0;
  }
}

export function nTrials(study: StudyMessage): number {
  return Object.values(study.counts).reduce((sum, n) => sum + n, 0);
}
