// One study: its heading, its tabs, and the page that is open.
import { useEffect } from "preact/hooks";
import { figure, shortened } from "../format";
import { studyAddress } from "../route";
import { failure, held, openStudy, reportedSections } from "../store";
import { Curves } from "./curves";
import { Overview } from "./overview";
import { Parameters } from "./parameters";
import { State, Waiting } from "./parts";
import { Sections } from "./sections";
import { Trial } from "./trial";
import { Trials } from "./trials";

const TABS = ["overview", "curves", "trials", "parameters"] as const;

export function Study({ name, rest }: { name: string; rest: readonly string[] }) {
  useEffect(() => {
    void openStudy(name);
  }, [name]);
  const study = held.value?.study;
  if (failure.value && !study) {
    return (
      <main>
        <p class="refusal" role="alert">{failure.value}</p>
      </main>
    );
  }
  if (!study || study.name !== name) return <main><Waiting /></main>;
  const tab = rest[0] ?? "overview";
  return (
    <main>
      <div class="title-row">
        <h1 title={study.name}>{shortened(study.name, 80)}</h1>
        <State state={study.state} />
        {study.best && (
          <span class="headline-figure">
            {shortened(study.objective.metric, 30)} <strong>{figure(study.best.value, 5)}</strong>
          </span>
        )}
      </div>
      {study.why && <p class="muted why-line">{shortened(study.why, 300)}</p>}
      {failure.value && <p class="refusal" role="alert">{failure.value}</p>}
      <nav class="tabs" aria-label="Pages of the study">
        {[...TABS, ...(reportedSections().length > 0 ? ["report"] : [])].map((one) => (
          <a
            key={one}
            href={studyAddress(name, one)}
            aria-current={one === tab || (one === "trials" && tab === "trial") ? "page" : undefined}
          >
            {one[0]!.toUpperCase() + one.slice(1)}
          </a>
        ))}
      </nav>
      {tab === "overview" && <Overview study={study} />}
      {tab === "curves" && <Curves study={study} />}
      {tab === "trials" && <Trials study={study} />}
      {tab === "parameters" && <Parameters study={study} />}
      {tab === "report" && <Sections sections={reportedSections()} />}
      {tab === "trial" && <Trial study={study} number={Number(rest[1])} />}
    </main>
  );
}
