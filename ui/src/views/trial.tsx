// One trial: its configuration, all its metrics, its log, its files, and how to train it again.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { CurvePlot } from "../charts/curve_plot";
import { Figure } from "../charts/figure";
import { seriesColour, theme } from "../charts/palette";
import { bytes, count, duration, figure, moment, scalar } from "../format";
import type { CurveMessage, StudyMessage, TrialMessage } from "../messages";
import { failure, held, loadTrial } from "../store";
import { Ancestors, Lineage, Reason } from "./lineage";
import { Copyable, CurveTag, Finding, Pairs, Panel, State, Waiting } from "./parts";
import { Requests, TrialSteering } from "./steering";

export function Trial({ study, number }: { study: StudyMessage; number: number }) {
  useEffect(() => {
    void loadTrial(number);
  }, [number, study.name]);
  const [isOpen, open] = useState(false);
  const trial = held.value?.trial;
  if (!trial || trial.row.number !== number) return failure.value ? null : <Waiting />;
  const { row } = trial;
  const isOfClass = (metric: string) =>
    metric.includes("/") && metric.split("/")[0]! in trial.curves;
  const wholes = Object.keys(trial.curves).filter((metric) => !isOfClass(metric));
  const ofClasses = Object.keys(trial.curves).filter(isOfClass);
  return (
    <section aria-label={`Trial ${number}`}>
      <div class="title-row">
        <h2 class="trial-title">
          Trial {number} <State state={row.state} />
          {study.best?.trial === number && <span class="star">★ best</span>}
          {trial.verdicts.map((one) => (
            <CurveTag key={one.id} word={one.title} title={one.evidence} />
          ))}
        </h2>
        <TrialSteering number={number} state={row.state} />
      </div>
      <Requests
        requests={study.requests.filter((one) => one.body["trial"] === number)}
        isLive={study.is_live}
      />
      {trial.explanation && <Reason study={study} text={trial.explanation} />}
      {row.error && <p class="refusal">{row.error.slice(0, 2000)}</p>}
      <div class="overview">
        <div class="column wide">
          <div class="grid">
            {wholes.map((metric, n) => (
              <MetricPlot key={metric} metric={metric} curve={trial.curves[metric]!} n={n} />
            ))}
          </div>
          {ofClasses.length > 0 && (
            <details open={isOpen} onToggle={(event) => open(event.currentTarget.open)}>
              <summary>{count(ofClasses.length, "metric")} of single classes</summary>
              <div class="grid">
                {isOpen &&
                  ofClasses.map((metric, n) => (
                    <MetricPlot key={metric} metric={metric} curve={trial.curves[metric]!} n={n} />
                  ))}
              </div>
            </details>
          )}
          {Object.keys(trial.curves).length === 0 && <p class="muted">It has reported nothing.</p>}
          {trial.verdicts.length + trial.observers.length > 0 && (
            <Panel title="What its curve says">
              <div class="findings">
                {trial.verdicts.map((one) => (
                  <Finding key={one.id} finding={one} />
                ))}
              </div>
              {trial.observers.map((sentence) => (
                <p key={sentence} class="muted">
                  {sentence}
                </p>
              ))}
            </Panel>
          )}
          <Lineage study={study} trial={trial} />
          <Log trial={trial} />
        </div>
        <div class="column">
          <Facts study={study} trial={trial} />
        </div>
      </div>
    </section>
  );
}

function MetricPlot({ metric, curve, n }: { metric: string; curve: CurveMessage; n: number }) {
  const lines = useMemo(
    () => [
      {
        trial: curve.trial,
        x: curve.steps,
        y: curve.values,
        colour: seriesColour(n),
        isFaint: false,
      },
    ],
    [curve, theme.value],
  );
  const last = curve.steps.length - 1;
  const unit = metric.endsWith("@batch") ? "update" : "step";
  const summary = `${count(curve.steps.length, "point")}, the last ${figure(curve.values[last])} at ${unit} ${curve.steps[last]}.`;
  const data = () => [
    [unit, "seconds", metric],
    ...curve.steps.map((step, i) => [step, curve.seconds[i] ?? null, curve.values[i] ?? null]),
  ];
  return (
    <Figure title={metric} summary={summary} data={data}>
      <CurvePlot lines={lines} isLog={false} xLabel={unit} yLabel="" height={200} />
    </Figure>
  );
}

function Log({ trial }: { trial: TrialMessage }) {
  const place = useRef<HTMLPreElement>(null);
  const [isFollowing, follow] = useState(true);
  useEffect(() => {
    if (isFollowing && place.current) place.current.scrollTop = place.current.scrollHeight;
  }, [trial.log_tail, isFollowing]);
  const notice = () => {
    const { scrollTop, scrollHeight, clientHeight } = place.current!;
    follow(scrollHeight - scrollTop - clientHeight < 24);
  };
  return (
    <>
      {trial.traceback && (
        <Panel title="Traceback">
          <pre class="log" tabIndex={0}>{trial.traceback}</pre>
        </Panel>
      )}
      <Panel title="Log">
        {trial.log_tail ? (
          <pre class="log" ref={place} tabIndex={0} onScroll={notice}>
            {trial.log_tail}
          </pre>
        ) : (
          <p class="muted">It has printed nothing that was kept.</p>
        )}
      </Panel>
    </>
  );
}

function Facts({ study, trial }: { study: StudyMessage; trial: TrialMessage }) {
  const { row } = trial;
  return (
    <>
      <Panel title="Configuration">
        <Pairs rows={Object.entries(row.config).map(([name, value]) => [name, scalar(value)])} />
        <Copyable text={JSON.stringify(row.config)} label="configuration" />
      </Panel>
      <Panel title="Result">
        <Pairs
          rows={[
            [study.objective.metric, figure(row.value, 6)],
            ["best at step", row.best_step === null ? "–" : figure(row.best_step)],
            ["last value", figure(row.last, 6)],
            ["step", figure(row.step)],
            ["steps trained", figure(row.steps_done)],
            ["time", duration(row.seconds)],
            ["cost", row.cost === null ? "–" : figure(row.cost)],
            ["came from", row.source],
            ["tried again", trial.n_losses ? `${count(trial.n_losses, "time")}, its worker had vanished` : "–"],
            ["continues", <Ancestors study={study} numbers={row.ancestors} />],
            ["created", moment(row.created_at)],
            ["ended", row.ended_at === null ? "–" : moment(row.ended_at)],
          ]}
        />
      </Panel>
      {trial.command && (
        <Panel title="Train it again">
          <Copyable text={trial.command} label="command" />
        </Panel>
      )}
      <Panel title="Checkpoints">
        {trial.checkpoints.length === 0 && <p class="muted">None is kept.</p>}
        {trial.checkpoints.map((one) => (
          <div key={one.step}>
            <p class="muted">
              step {figure(one.step)}, {bytes(one.n_bytes)}
            </p>
            <Copyable text={one.path} label={`path of the checkpoint at step ${one.step}`} />
          </div>
        ))}
      </Panel>
    </>
  );
}
