// The family of a trial: whose training it continues, and which trials continue its own.
import { count, figure } from "../format";
import type { FamilyMessage, KinMessage, StudyMessage, TrialMessage } from "../messages";
import { studyAddress } from "../route";
import { Panel, State } from "./parts";

/** No deeper than this is a generation set in: a narrow screen has no room for more. */
const MAX_DEPTH = 4;
/** So many forebears are named in a row of the table; the server tells of one more. */
const N_NAMED = 3;

export function Lineage({ study, trial }: { study: StudyMessage; trial: TrialMessage }) {
  if (!trial.family) return null;
  const { chain, descendants, n_left_out } = trial.family;
  return (
    <Panel title="Lineage">
      <p class="muted">{told(trial.family, trial.row.number)}</p>
      <ol class="kin">
        {[...chain, ...descendants].map((one) => (
          <Kin key={one.trial} study={study} one={one} isSelf={one.trial === trial.row.number} />
        ))}
      </ol>
      {n_left_out > 0 && <p class="muted">{count(n_left_out, "more distant trial")} left out.</p>}
    </Panel>
  );
}

function told({ chain, descendants }: FamilyMessage, number: number): string {
  const forebears = chain.map((one) => one.trial).filter((one) => one !== number);
  const from = forebears.length ? `It continues ${count(forebears.length, "trial")}` : "It began anew";
  return `${from}; ${count(descendants.length, "trial")} ${descendants.length === 1 ? "continues" : "continue"} it.`;
}

function Kin({ study, one, isSelf }: { study: StudyMessage; one: KinMessage; isSelf: boolean }) {
  return (
    <li
      class={isSelf ? "is-self" : ""}
      style={{ marginLeft: `${16 * Math.min(one.depth, MAX_DEPTH)}px` }}
    >
      <div class="kin-head">
        <a
          href={studyAddress(study.name, "trial", String(one.trial))}
          aria-current={isSelf ? "page" : undefined}
        >
          Trial {one.trial}
        </a>
        <State state={one.state} />
        <span class="number">{figure(one.value)}</span>
        <span class="muted">
          steps {figure(one.from_step)}–{figure(one.to_step)}
        </span>
      </div>
      {one.change && <p class="muted short">{one.change}</p>}
    </li>
  );
}

/** A reason in which trials are named, each a link. */
export function Reason({ study, text }: { study: StudyMessage; text: string }) {
  return (
    <p class="reason">
      {text.split(/\btrial (\d+)\b/).map((part, n) => {
        if (n % 2 === 0) return part;
        return (
          <a key={n} href={studyAddress(study.name, "trial", part)}>
            trial {part}
          </a>
        );
      })}
    </p>
  );
}

/** The nearest forebears of a row, for the table: "12 ← 3 ← 0". */
export function Ancestors({ study, numbers }: { study: StudyMessage; numbers: readonly number[] }) {
  return (
    <>
      {numbers.length === 0 && "–"}
      {numbers.slice(0, N_NAMED).map((number, n) => (
        <span key={number}>
          {n > 0 && <span class="muted"> ← </span>}
          <a href={studyAddress(study.name, "trial", String(number))}>{number}</a>
        </span>
      ))}
      {numbers.length > N_NAMED && <span class="muted"> ← …</span>}
    </>
  );
}
