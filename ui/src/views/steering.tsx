// Wishes of a person: each is left as a request, and shown as pending until the driver obeys.
import { useState } from "preact/hooks";
import { shortened } from "../format";
import type { ParameterMessage, RequestMessage, Scalar, StudyMessage } from "../messages";
import { ask, source } from "../store";
import { Copyable } from "./parts";

export function StudySteering({ study }: { study: StudyMessage }) {
  const [open, setOpen] = useState<"budget" | "enqueue" | null>(null);
  if (!source.isLive) return null;
  const isRunning = study.state === "running";
  const isOver = !isRunning && study.state !== "paused";
  const toggle = (which: "budget" | "enqueue") => setOpen(open === which ? null : which);
  return (
    <div class="steering">
      <div class="buttons">
        <button type="button" disabled={!isRunning} onClick={() => ask("pause study", {})}>
          Pause study
        </button>
        <Confirmed
          label="Stop study"
          isDisabled={!isRunning}
          onYes={() => ask("stop study", {})}
        />
        <button type="button" aria-expanded={open === "budget"} onClick={() => toggle("budget")}>
          Add budget
        </button>
        <button
          type="button"
          aria-expanded={open === "enqueue"}
          disabled={isOver}
          onClick={() => toggle("enqueue")}
        >
          Enqueue
        </button>
      </div>
      {study.state === "paused" && (
        <>
          <p class="muted">It goes on once a driver is started, in the folder it was started in:</p>
          <Copyable text={`tunebook resume ${quoted(study.name)}`} label="command to resume" />
        </>
      )}
      {open === "budget" && <AddBudget study={study} onDone={() => setOpen(null)} />}
      {open === "enqueue" && <Enqueue study={study} onDone={() => setOpen(null)} />}
    </div>
  );
}

/** A name as one word of a shell's command. */
function quoted(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

export function TrialSteering({ number, state }: { number: number; state: string }) {
  if (!source.isLive || !["queued", "running", "paused", "lost"].includes(state)) return null;
  const body = { trial: number };
  return (
    <div class="buttons">
      {state === "paused" ? (
        <button type="button" onClick={() => ask("resume trial", body)}>
          Resume trial
        </button>
      ) : (
        <button type="button" onClick={() => ask("pause trial", body)}>
          Pause trial
        </button>
      )}
      <Confirmed label="Stop trial" isDisabled={false} onYes={() => ask("stop trial", body)} />
    </div>
  );
}

/** A button that asks once more: what it does cannot be taken back. */
function Confirmed(props: { label: string; isDisabled: boolean; onYes(): void }) {
  const [isAsking, setAsking] = useState(false);
  if (isAsking && !props.isDisabled) {
    const answer = (isYes: boolean) => {
      setAsking(false);
      if (isYes) props.onYes();
    };
    return (
      <span class="confirm" role="group" aria-label={props.label}>
        <button type="button" class="danger" autofocus onClick={() => answer(true)}>
          Yes, {props.label.toLowerCase()}
        </button>
        <button type="button" class="quiet" onClick={() => answer(false)}>
          Keep
        </button>
      </span>
    );
  }
  return (
    <button type="button" disabled={props.isDisabled} onClick={() => setAsking(true)}>
      {props.label}
    </button>
  );
}

const SUMMED = ["trials", "steps", "hours", "cost"];

function AddBudget({ study, onDone }: { study: StudyMessage; onDone(): void }) {
  const limits = study.budget.filter((limit) => SUMMED.includes(limit.name));
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const given = limits
      .map((limit) => [limit.name, Number(form.get(limit.name))] as const)
      .filter(([, more]) => more > 0);
    if (given.length && (await ask("add budget", Object.fromEntries(given)))) onDone();
  };
  if (limits.length === 0) return <p class="muted">This study has no limit that could be raised.</p>;
  return (
    <form class="form" aria-label="Add budget" onSubmit={submit}>
      {limits.map((limit) => (
        <label key={limit.name}>
          more {limit.name}
          <input
            name={limit.name}
            type="number"
            min="0"
            step={limit.name === "trials" || limit.name === "steps" ? 1 : "any"}
          />
        </label>
      ))}
      <button type="submit">Add</button>
    </form>
  );
}

function Enqueue({ study, onDone }: { study: StudyMessage; onDone(): void }) {
  const fixed = (one: ParameterMessage) => one.scale === "choice" && one.values.length === 1;
  const asked = study.space.filter((one) => !fixed(one));
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const config: Record<string, Scalar> = {};
    for (const one of study.space) {
      const given = fixed(one) ? "0" : String(form.get(one.name) ?? "");
      if (given === "") continue;
      config[one.name] = one.scale === "choice" ? one.values[Number(given)]! : Number(given);
    }
    if (await ask("enqueue", { config })) onDone();
  };
  return (
    <form class="form" aria-label="Enqueue a configuration" onSubmit={submit}>
      {asked.map((one) => (
        <label key={one.name} title={one.text}>
          {one.name}
          <Field parameter={one} start={study.best?.config[one.name]} />
        </label>
      ))}
      <button type="submit">Enqueue</button>
    </form>
  );
}

function Field({ parameter, start }: { parameter: ParameterMessage; start: Scalar | undefined }) {
  const { name, condition } = parameter;
  if (parameter.scale === "choice") {
    const chosen = parameter.values.findIndex((value) => value === start);
    return (
      <select name={name}>
        {condition && <option value="">(not set)</option>}
        {parameter.values.map((value, n) => (
          <option key={n} value={n} selected={n === chosen}>
            {shortened(String(value))}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      name={name}
      type="number"
      step="any"
      required={!condition}
      defaultValue={start === undefined || start === null ? "" : String(start)}
      placeholder={`${parameter.low} to ${parameter.high}`}
    />
  );
}

export function Requests({ requests, isLive }: { requests: readonly RequestMessage[]; isLive: boolean }) {
  if (requests.length === 0) return null;
  return (
    <ul class="requests" aria-label="Requests">
      {requests.map((request) => (
        <li key={request.id}>
          <span class={request.answer === null ? "pending" : "answered"}>
            {request.answer === null ? "pending" : shortened(request.answer, 200)}
          </span>{" "}
          {request.kind} {told(request)}
          {request.answer === null && !isLive && (
            <span class="muted"> (obeyed when the study goes on)</span>
          )}
        </li>
      ))}
    </ul>
  );
}

function told(request: RequestMessage): string {
  if (request.kind === "edit notes") return "";
  const parts = Object.entries(request.body).map(([name, value]) =>
    name === "trial" ? String(value) : `${name} ${String(value)}`,
  );
  return shortened(parts.join(", "), 120);
}

export function Notes({ study }: { study: StudyMessage }) {
  const [draft, setDraft] = useState<string | null>(null);
  if (!source.isLive) {
    return study.notes ? <p class="notes">{study.notes}</p> : <p class="muted">No notes.</p>;
  }
  const save = async () => {
    if (draft !== null && (await ask("edit notes", { notes: draft }))) setDraft(null);
  };
  return (
    <div class="notes-editor">
      <textarea
        aria-label="Notes"
        rows={3}
        placeholder="What is this study about? What did you learn?"
        value={draft ?? study.notes}
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
      {draft !== null && draft !== study.notes && (
        <div class="buttons">
          <button type="button" onClick={save}>
            Save notes
          </button>
          <button type="button" class="quiet" onClick={() => setDraft(null)}>
            Discard
          </button>
        </div>
      )}
    </div>
  );
}
