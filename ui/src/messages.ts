// Written by scripts/ui from src/tunebook/reports/messages.py: change that file.

/** A parameter's value. */
export type Scalar = boolean | number | string | null;

export type Level = "pass" | "notice" | "unknown" | "problem";

/**
 * One trial on one axis. ``unit`` is where ``x`` lies in [0, 1] on the parameter's scale.
 *
 * ``value`` is None for an infeasible trial: a cross at the edge of the plot.
 */
export interface AxisPoint {
  readonly trial: number;
  readonly x: Scalar;
  readonly unit: number;
  readonly value: number | null;
  readonly is_top: boolean;
}

/**
 * The best trials lie at one edge of ``parameter``.
 *
 * ``n_top`` of the top three share the edge. ``proposed`` is the new end of the range, None where
 * there is none to propose, as for a choice.
 */
export interface EdgeFinding {
  readonly parameter: string;
  readonly is_high: boolean;
  readonly advice: "warn" | "expand" | "stabilise";
  readonly n_top: number;
  readonly proposed: number | null;
}

/**
 * The best error among ``k`` trials drawn from the study: its mean and its quartiles.
 */
export interface ExpectedBest {
  readonly k: number;
  readonly mean: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/**
 * A parameter's share of what explains the good trials, with its 90 % interval.
 */
export interface Importance {
  readonly parameter: string;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/**
 * ``metric`` is driven in ``direction``; a trial's value is its curve reduced by ``reduce``.
 *
 * ``reduce``: ``"best"`` is the best measurement (retrospective checkpoint selection, S4.37),
 * ``"last"`` the last one, ``"mean_last_3"`` the mean of the last three (``"mean_last_k"``: five).
 */
export interface Objective {
  readonly metric: string;
  readonly direction: "maximize" | "minimize";
  readonly reduce: string;
}

/**
 * A simple chart; ``summary`` says what it shows. Lines and scatters have numbers as ``x``.
 */
export interface Chart {
  readonly kind: "line" | "scatter" | "bar" | "waterfall" | "heat map";
  readonly title: string;
  readonly summary: string;
  readonly series: readonly ChartSeries[];
  readonly x_label: string;
  readonly y_label: string;
  readonly is_x_log: boolean;
  readonly is_y_log: boolean;
}

/**
 * One line, cloud, group of bars, or row of a heat map. ``x`` and ``y`` are equally long.
 */
export interface ChartSeries {
  readonly name: string;
  readonly x: readonly Scalar[];
  readonly y: readonly (number | null)[];
}

/**
 * A small picture: ``data`` is its ``data:image/...;base64,...`` address, nothing else.
 */
export interface SectionPicture {
  readonly caption: string;
  readonly data: string;
}

/**
 * A table: every row has a cell for each column.
 */
export interface SectionTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Scalar[])[];
}

/**
 * One limit of the budget: ``name`` as in ``Budget``; ``used`` and ``limit`` in ``unit``.
 */
export interface LimitMessage {
  readonly name: string;
  readonly used: number;
  readonly limit: number;
  readonly unit: string;
}

/**
 * The best value from one moment on, against everything it may be drawn over.
 */
export interface IncumbentMessage {
  readonly trial: number;
  readonly value: number;
  readonly at: number;
  readonly n_trials: number;
  readonly steps: number;
  readonly seconds: number;
  readonly cost: number | null;
}

/**
 * What was used of the budget so many ``seconds`` after the study was created.
 */
export interface SpentMessage {
  readonly seconds: number;
  readonly trials: number;
  readonly steps: number;
}

/**
 * A line of the list of studies. ``incumbent`` is a small curve of at most 60 values.
 */
export interface StudyRow {
  readonly name: string;
  readonly state: string;
  readonly why: string;
  readonly objective: Objective;
  readonly n_trials: number;
  readonly best_value: number | null;
  readonly best_trial: number | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly budget: readonly LimitMessage[];
  readonly incumbent: readonly number[];
}

/**
 * A parameter; ``scale`` is linear, log, 1-x or choice, ``text`` says what it can be.
 */
export interface ParameterMessage {
  readonly name: string;
  readonly scale: string;
  readonly low: number | null;
  readonly high: number | null;
  readonly values: readonly Scalar[];
  readonly is_ordered: boolean;
  readonly role: string | null;
  readonly kind: string | null;
  readonly condition: string | null;
  readonly text: string;
}

/**
 * A finding as a card: ranked ``causes``, the ``next_test``, ``items`` are files or tensors.
 */
export interface FindingMessage {
  readonly id: string;
  readonly level: Level;
  readonly title: string;
  readonly evidence: string;
  readonly advice: string;
  readonly source: string;
  readonly causes: readonly string[];
  readonly next_test: string;
  readonly items: readonly string[];
}

/**
 * A part of a report: what others than the study have to show.
 */
export interface SectionMessage {
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly findings: readonly FindingMessage[];
  readonly tables: readonly SectionTable[];
  readonly charts: readonly Chart[];
  readonly pictures: readonly SectionPicture[];
}

/**
 * A page that is made of sections alone.
 */
export interface PageMessage {
  readonly title: string;
  readonly sections: readonly SectionMessage[];
  readonly written_at: number;
  readonly version: string;
}

/**
 * A line of the list of pages, by ``address``; ``level`` of its worst finding, or None.
 */
export interface PageRow {
  readonly address: string;
  readonly kind: string;
  readonly title: string;
  readonly level: Level | null;
  readonly written_at: number;
}

/**
 * The incumbent, and the file of its checkpoint if there is one.
 */
export interface BestMessage {
  readonly trial: number;
  readonly value: number;
  readonly step: number;
  readonly config: Readonly<Record<string, Scalar>>;
  readonly checkpoint: string | null;
}

/**
 * What the study was forecast to take (S0.8), and what the present pace says is left.
 */
export interface ForecastMessage {
  readonly total_s: number | null;
  readonly cost: number | null;
  readonly left_s: number | null;
  readonly warning: string | null;
}

/**
 * A request that the driver has not obeyed yet, or its answer when it has.
 */
export interface RequestMessage {
  readonly id: number;
  readonly kind: string;
  readonly body: Readonly<Record<string, Scalar>>;
  readonly answer: string | null;
}

/**
 * One study as it is after event ``seq``: everything but its trials and curves.
 *
 * ``lights`` are the five answers before conclusions (S4.20).
 * ``findings`` are those after event ``findings_seq``: they take the whole study and come later,
 * and so does ``spent``.
 * ``metrics`` are all names reported. ``environment`` says how to repeat the study (I8).
 * ``fixed`` are the values that a recipe's trials have in common, ``conditions`` what must agree
 * with another study's for an order (I1). ``n_steps`` are the steps that were given to trials.
 * ``is_live``: a driver is at work. ``is_adaptive``: the searcher looked at values, so that axis
 * plots carry a warning (I6).
 */
export interface StudyMessage {
  readonly seq: number;
  readonly name: string;
  readonly state: string;
  readonly why: string;
  readonly limit: string | null;
  readonly is_live: boolean;
  readonly objective: Objective;
  readonly search: Readonly<Record<string, Scalar>>;
  readonly is_adaptive: boolean;
  readonly max_steps: number | null;
  readonly space: readonly ParameterMessage[];
  readonly constraints: readonly string[];
  readonly budget: readonly LimitMessage[];
  readonly target: number | null;
  readonly spent: readonly SpentMessage[];
  readonly counts: Readonly<Record<string, number>>;
  readonly best: BestMessage | null;
  readonly incumbent: readonly IncumbentMessage[];
  readonly forecast: ForecastMessage | null;
  readonly findings: readonly FindingMessage[];
  readonly findings_seq: number;
  readonly lights: readonly FindingMessage[];
  readonly requests: readonly RequestMessage[];
  readonly metrics: readonly string[];
  readonly notes: string;
  readonly environment: Readonly<Record<string, Scalar>>;
  readonly fixed: Readonly<Record<string, Scalar>>;
  readonly conditions: Readonly<Record<string, Scalar>>;
  readonly n_steps: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly active_s: number;
  readonly cost: number | null;
}

/**
 * A line of the table of trials. ``last`` is the objective's last measurement.
 *
 * ``ancestors`` are the trials whose training it continues, the nearest first, a few of them.
 * ``tags`` are the verdicts on its curve (S4.24 to S4.26).
 */
export interface TrialRow {
  readonly number: number;
  readonly state: string;
  readonly config: Readonly<Record<string, Scalar>>;
  readonly value: number | null;
  readonly best_step: number | null;
  readonly last: number | null;
  readonly step: number;
  readonly steps_done: number;
  readonly until_step: number | null;
  readonly seconds: number;
  readonly cost: number | null;
  readonly error: string | null;
  readonly parent: number | null;
  readonly ancestors: readonly number[];
  readonly tags: readonly string[];
  readonly source: string;
  readonly why: string | null;
  readonly created_at: number;
  readonly ended_at: number | null;
}

/**
 * A page of trials, sorted and filtered by the server; ``total`` passed the filter.
 */
export interface TrialsMessage {
  readonly seq: number;
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly TrialRow[];
}

/**
 * One trial's measurements of one metric, at most as many points as the page can show.
 */
export interface CurveMessage {
  readonly trial: number;
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
  readonly seconds: readonly number[];
}

/**
 * The curves of one metric. ``n_left_out`` trials were not sent, the worst or the oldest.
 */
export interface CurvesMessage {
  readonly seq: number;
  readonly metric: string;
  readonly curves: readonly CurveMessage[];
  readonly n_left_out: number;
}

/**
 * A checkpoint that is kept.
 */
export interface CheckpointMessage {
  readonly step: number;
  readonly path: string;
  readonly n_bytes: number;
}

/**
 * A trial of a family; ``change`` from its parent's values, ``depth`` how far below it lies.
 */
export interface KinMessage {
  readonly trial: number;
  readonly depth: number;
  readonly state: string;
  readonly value: number | null;
  readonly from_step: number;
  readonly to_step: number;
  readonly change: string;
}

/**
 * The trials whose training one continues, it last, and those that continue its own (S0.15).
 */
export interface FamilyMessage {
  readonly chain: readonly KinMessage[];
  readonly descendants: readonly KinMessage[];
  readonly n_left_out: number;
}

/**
 * One trial: its row, all its curves by metric, its files, its family, how to repeat it.
 *
 * ``n_losses`` workers vanished while they trained it, so that it was tried again. ``observers``
 * say what stopping early would have done (S0.32).
 */
export interface TrialMessage {
  readonly seq: number;
  readonly row: TrialRow;
  readonly curves: Readonly<Record<string, CurveMessage>>;
  readonly verdicts: readonly FindingMessage[];
  readonly observers: readonly string[];
  readonly checkpoints: readonly CheckpointMessage[];
  readonly family: FamilyMessage | null;
  readonly n_losses: number;
  readonly log_tail: string | null;
  readonly traceback: string | null;
  readonly explanation: string;
  readonly command: string;
}

/**
 * One bucket of an isolation plot (S4.23), with the tags of its best trial (S4.24).
 */
export interface BucketMessage {
  readonly low: number;
  readonly high: number;
  readonly x: Scalar;
  readonly n: number;
  readonly n_infeasible: number;
  readonly best: number | null;
  readonly third: number | null;
  readonly expected: number | null;
  readonly is_thin: boolean;
  readonly best_trial: number | null;
  readonly best_tags: readonly string[];
}

/**
 * How much two parameters matter together beyond each alone.
 */
export interface InteractionMessage {
  readonly first: string;
  readonly second: string;
  readonly share: number;
}

/**
 * A parameter's rank correlation with being good (S0.25), its interval, ``effect`` in words.
 */
export interface TrendMessage {
  readonly parameter: string;
  readonly correlation: number;
  readonly low: number;
  readonly high: number;
  readonly is_clear: boolean;
  readonly effect: string;
}

/**
 * Everything about the parameters of a study. A refusal says why there is no importance.
 *
 * ``priors`` say how much a parameter is expected to matter, where the playbook knows (S2.17).
 * ``seed_noise`` is the deviation of trials of one configuration, None if none was repeated.
 */
export interface ParametersMessage {
  readonly seq: number;
  readonly axes: Readonly<Record<string, readonly AxisPoint[]>>;
  readonly isolation: Readonly<Record<string, readonly BucketMessage[]>>;
  readonly edges: Readonly<Record<string, readonly EdgeFinding[]>>;
  readonly importance: readonly Importance[];
  readonly importance_refusal: string | null;
  readonly priors: Readonly<Record<string, string>>;
  readonly interactions: readonly InteractionMessage[];
  readonly trends: readonly TrendMessage[];
  readonly expected_best: readonly ExpectedBest[];
  readonly seed_noise: number | null;
}

/**
 * Studies side by side (S0.24). ``refusal`` says why no order is claimed (I1).
 *
 * ``unlike`` says of each study, by name, in what it differs from the first of them. ``ranks`` of
 * equal values are equal.
 */
export interface ComparisonMessage {
  readonly studies: readonly StudyMessage[];
  readonly refusal: string | null;
  readonly unlike: Readonly<Record<string, readonly string[]>>;
  readonly order: readonly string[];
  readonly ranks: Readonly<Record<string, number>>;
}

/**
 * What changed between two moments of a study: apply it to what the page holds.
 *
 * ``study`` replaces the study; ``trials`` replace the rows of their numbers; ``points`` are
 * appended to curves that the page has open, from the step of their first point on.
 */
export interface UpdateMessage {
  readonly seq: number;
  readonly study: StudyMessage;
  readonly trials: readonly TrialRow[];
  readonly points: Readonly<Record<string, readonly CurveMessage[]>>;
}

/**
 * A whole study in one: what a one-file report holds.
 */
export interface SnapshotMessage {
  readonly study: StudyMessage;
  readonly trials: TrialsMessage;
  readonly curves: Readonly<Record<string, CurvesMessage>>;
  readonly parameters: ParametersMessage;
  readonly details: Readonly<Record<string, TrialMessage>>;
  readonly sections: readonly SectionMessage[];
  readonly written_at: number;
  readonly version: string;
}
