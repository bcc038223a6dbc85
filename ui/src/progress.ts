// How far a study has come on each axis that its best values are drawn over.
import type { IncumbentMessage, StudyMessage } from "./messages";

const OPEN = ["queued", "running", "paused", "lost"];

export type StairAxis = keyof Pick<IncumbentMessage, "n_trials" | "steps" | "seconds" | "cost">;

/** The best value as a line of steps, on to where the study has come. */
export function stairs(study: StudyMessage, axis: StairAxis): { x: number[]; y: number[] } {
  const points = study.incumbent;
  const place = (point: IncumbentMessage) => Number(point[axis] ?? 0);
  const x = points.flatMap((p, i) => (i ? [place(p), place(p)] : [place(p)]));
  const y = points.flatMap((p, i) => (i ? [points[i - 1]!.value, p.value] : [p.value]));
  const [last, end] = [points.at(-1), reached(study, axis)];
  return last && end > place(last) ? { x: [...x, end], y: [...y, last.value] } : { x, y };
}

/** Where the study stands; 0 where its messages do not say: a line then ends at its last point. */
function reached(study: StudyMessage, axis: StairAxis): number {
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

/** The steps of all trials that ended. */
export function nSteps(study: StudyMessage): number {
  return study.spent.at(-1)?.steps ?? 0;
}

export function nTrials(study: StudyMessage): number {
  return Object.values(study.counts).reduce((sum, n) => sum + n, 0);
}
