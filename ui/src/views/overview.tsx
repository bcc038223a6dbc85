// A study at a glance: the incumbent, the budget, what was found, the best configuration.
import { useEffect } from "preact/hooks";
import { BurnDown } from "../charts/burn_down";
import { Incumbent } from "../charts/incumbent";
import { duration, figure, moment, scalar } from "../format";
import type { StudyMessage } from "../messages";
import { nTrials } from "../progress";
import { go, studyAddress } from "../route";
import { loadParameters, parameters, query } from "../store";
import { account } from "./account";
import { Budget, Copyable, Finding, Pairs, Panel, State } from "./parts";
import { Notes, Requests, StudySteering } from "./steering";

const STATES = [
  ...["running", "queued", "paused", "lost"],
  ...["done", "stopped", "infeasible", "failed", "cancelled"],
];

// Where the evidence of an answer is seen; the others speak of the space.
const LIGHTS: Record<string, string> = {
  "infeasible-share": "trials",
  optimization: "curves",
  curves: "curves",
};

export function Overview({ study }: { study: StudyMessage }) {
  useEffect(() => {
    if (!parameters.value) void loadParameters();
  }, [study.name]);
  const open = (trial: number) => go(studyAddress(study.name, "trial", String(trial)));
  return (
    <div class="overview">
      <div class="column wide">
        <Incumbent study={study} onTrial={open} />
        <Findings study={study} />
        <Panel title="In words">
          <div class="account">
            {account(study, parameters.value).map((sentence) => (
              <p key={sentence.slice(0, 40)}>{sentence}</p>
            ))}
          </div>
        </Panel>
        <Panel title="Notes">
          <Notes study={study} />
        </Panel>
      </div>
      <div class="column">
        <BestPanel study={study} />
        <Panel title="Trials">
          <Counts study={study} />
        </Panel>
        <Panel title="Budget">
          <Budget limits={study.budget} />
          <Forecast study={study} />
          <BurnDown study={study} />
          <StudySteering study={study} />
          <Requests requests={study.requests} isLive={study.is_live} />
        </Panel>
        <About study={study} />
      </div>
    </div>
  );
}

function Findings({ study }: { study: StudyMessage }) {
  return (
    <Panel title="Findings">
      {study.findings.length === 0 && (
        <p class="muted">Nothing can be said before trials have ended.</p>
      )}
      {study.lights.length > 0 && (
        <ul class="lights" aria-label="Before you conclude">
          {study.lights.map((light) => (
            <li key={light.id} title={light.advice}>
              <a href={studyAddress(study.name, LIGHTS[light.id] ?? "parameters")}>
                <State state={light.level} word={light.title} />
              </a>
            </li>
          ))}
        </ul>
      )}
      <div class="findings">
        {study.findings.map((finding) => (
          <Finding key={finding.id} finding={finding} />
        ))}
      </div>
    </Panel>
  );
}

function BestPanel({ study }: { study: StudyMessage }) {
  const { best, objective } = study;
  if (!best) {
    return (
      <Panel title="Best configuration">
        <p class="muted">No trial has a value yet.</p>
      </Panel>
    );
  }
  const json = JSON.stringify(best.config, null, 1).replace(/\n\s*/g, " ");
  return (
    <Panel title="Best configuration">
      <p class="headline">
        <span class="big">{figure(best.value, 5)}</span>{" "}
        <span class="muted short">{objective.metric}</span>
      </p>
      <p>
        <a href={studyAddress(study.name, "trial", String(best.trial))}>Trial {best.trial}</a>{" "}
        <span class="muted">at step {figure(best.step)}</span>
      </p>
      <Pairs rows={Object.entries(best.config).map(([name, value]) => [name, scalar(value)])} />
      <Copyable text={json} label="best configuration" />
      {best.checkpoint ? (
        <Copyable text={best.checkpoint} label="path of the checkpoint" />
      ) : (
        <p class="muted">No checkpoint was kept.</p>
      )}
    </Panel>
  );
}

function Counts({ study }: { study: StudyMessage }) {
  const total = nTrials(study);
  const present = STATES.filter((state) => study.counts[state]);
  const show = (state: string) => {
    query.value = { ...query.value, states: [state], offset: 0 };
  };
  if (total === 0) return <p class="muted">None yet.</p>;
  return (
    <>
      <div class="strip" aria-hidden="true">
        {present.map((state) => (
          <span
            key={state}
            class={`fill-${state}`}
            style={{ flexGrow: study.counts[state] ?? 0 }}
          />
        ))}
      </div>
      <ul class="counts">
        {present.map((state) => (
          <li key={state}>
            <a href={studyAddress(study.name, "trials")} onClick={() => show(state)}>
              <State state={state} />
            </a>
            <span class="number">{(study.counts[state] ?? 0).toLocaleString("en-US")}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Forecast({ study }: { study: StudyMessage }) {
  const { forecast } = study;
  if (!forecast) return null;
  const told = [
    forecast.left_s === null ? "" : `about ${duration(forecast.left_s)} left at this pace`,
    forecast.total_s === null ? "" : `forecast ${duration(forecast.total_s)} in all`,
    forecast.cost === null ? "" : `cost about ${figure(forecast.cost, 3)}`,
  ].filter(Boolean);
  return (
    <p class="muted">
      {told.join("; ")}
      {forecast.warning && <strong class="warning"> {forecast.warning}</strong>}
    </p>
  );
}

function About({ study }: { study: StudyMessage }) {
  const { objective } = study;
  const search = Object.entries(study.search)
    .map(([name, value]) => (name === "name" ? String(value) : `${name} ${scalar(value)}`))
    .join(", ");
  return (
    <Panel title="How it was searched">
      <Pairs
        rows={[
          ["objective", `${objective.direction} ${objective.metric} (${objective.reduce})`],
          ["search", search || "ask and tell"],
          ["steps of a full trial", study.max_steps === null ? "–" : figure(study.max_steps)],
          ["worked", duration(study.active_s)],
          ["cost", study.cost === null ? "–" : figure(study.cost)],
          ["created", moment(study.created_at)],
          ...study.space.map((one): [string, string] => [
            one.name,
            [one.text, one.condition, one.role].filter(Boolean).join(", "),
          ]),
          ...study.constraints.map((rule): [string, string] => ["constraint", rule]),
          ...Object.entries(study.environment).map(([name, value]): [string, string] => [
            name,
            scalar(value),
          ]),
        ]}
      />
    </Panel>
  );
}
