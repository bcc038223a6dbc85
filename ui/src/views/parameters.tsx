// What the trials say about the parameters: where the good ones lie, what matters, what is expected.
import { useEffect, useState } from "preact/hooks";
import { AxisPlot } from "../charts/axis";
import { ExpectedBest } from "../charts/expected";
import { Importance, Interactions, Trends } from "../charts/importance";
import { Isolation } from "../charts/isolation";
import { Parallel } from "../charts/parallel";
import type { StudyMessage, TrialsMessage } from "../messages";
import { go, studyAddress } from "../route";
import { loadParameters, parameters, source } from "../store";
import { Panel, Waiting } from "./parts";

/** More lines than this cannot be told apart. */
const MAX_LINES = 500;
const MAX_LISTED = 40;

export function Parameters({ study }: { study: StudyMessage }) {
  const found = parameters.value;
  useEffect(() => {
    if (!parameters.value) void loadParameters();
  }, [study.name]);
  if (!found) return <Waiting />;
  const open = (trial: number) => go(studyAddress(study.name, "trial", String(trial)));
  const share = (name: string) =>
    found.importance.find((one) => one.parameter === name)?.share ?? 0;
  const searched = study.space
    .filter((one) => found.axes[one.name])
    .sort((a, b) => share(b.name) - share(a.name));
  return (
    <>
      {study.is_adaptive && (
        <p class="hint">
          The search looked at values: points gather where it expected good ones (I6).
        </p>
      )}
      <Panel title="Values against each parameter">
        <div class="grid">
          {searched.map((one) => (
            <AxisPlot
              key={one.name}
              parameter={one}
              objective={study.objective}
              points={found.axes[one.name] ?? []}
              edges={found.edges[one.name] ?? []}
              onTrial={open}
            />
          ))}
        </div>
      </Panel>
      <Panel title="What matters">
        <div class="grid">
          <Importance found={found} />
          <Trends found={found} isAdaptive={study.is_adaptive} />
          <ExpectedBest
            points={found.expected_best}
            objective={study.objective}
            seedNoise={found.seed_noise}
          />
          <Interactions found={found} />
        </div>
      </Panel>
      <Panel title="Best over all other parameters">
        <p class="legend">
          The line is the best trial, the bar reaches to the third best, ◇ is the best to expect of
          as many trials as the smallest stretch has. Numbers count trials.
        </p>
        <div class="grid">
          {searched.map((one) => (
            <Isolation
              key={one.name}
              parameter={one}
              objective={study.objective}
              buckets={found.isolation[one.name] ?? []}
            />
          ))}
        </div>
      </Panel>
      <Panel title="All parameters at once">
        <AllAtOnce study={study} seq={found.seq} />
      </Panel>
    </>
  );
}

function AllAtOnce({ study, seq }: { study: StudyMessage; seq: number }) {
  const [page, setPage] = useState<TrialsMessage | null>(null);
  const [chosen, choose] = useState<readonly number[] | null>(null);
  useEffect(() => {
    source
      .trials(study.name, {
        sort: "value",
        descending: study.objective.direction === "maximize",
        states: [],
        text: "",
        offset: 0,
        limit: MAX_LINES,
      })
      .then(setPage)
      .catch(() => setPage(null));
  }, [study.name, seq]);
  if (!page) return <Waiting />;
  return (
    <>
      <Parallel study={study} rows={page.rows} total={page.total} onTrials={choose} />
      {chosen && (
        <p class="chosen">
          Trials{" "}
          {chosen.slice(0, MAX_LISTED).map((trial) => (
            <a key={trial} href={studyAddress(study.name, "trial", String(trial))}>
              {trial}
            </a>
          ))}
          {chosen.length > MAX_LISTED && ` and ${chosen.length - MAX_LISTED} more`}
        </p>
      )}
    </>
  );
}
