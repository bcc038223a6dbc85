// The frame around every chart: its title, its controls, what it says in words, and its data.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** A chart's data as a table: the first row holds the names of the columns. */
export type Table = readonly (readonly (string | number | boolean | null)[])[];

interface Props {
  readonly title: string;
  /** What the chart shows, in a sentence: for those who do not see it, and for tests. */
  readonly summary: string;
  readonly data: () => Table;
  readonly controls?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Figure({ title, summary, data, controls, children }: Props) {
  return (
    <figure class="figure" aria-label={title}>
      <header class="figure-head">
        <h3>{title}</h3>
        <div class="controls">
          {controls}
          <CopyData data={data} title={title} />
        </div>
      </header>
      {children}
      <figcaption>{summary}</figcaption>
    </figure>
  );
}

function CopyData({ data, title }: { data: () => Table; title: string }) {
  const [said, say] = useState("Copy data");
  const copy = async () => {
    const isDone = await copyText(asTsv(data()));
    say(isDone ? "Copied" : "Not allowed");
    window.setTimeout(() => say("Copy data"), 1500);
  };
  return (
    <button type="button" class="quiet" aria-label={`Copy data of: ${title}`} onClick={copy}>
      {said}
    </button>
  );
}

/** Tab-separated, as spreadsheets take it. */
export function asTsv(table: Table): string {
  const cell = (value: string | number | boolean | null) =>
    value === null ? "" : String(value).replace(/[\t\r\n]+/g, " ");
  return table.map((row) => row.map(cell).join("\t")).join("\n");
}

/** Puts a text on the clipboard; a page from a disk may have to do it the old way. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const isDone = document.execCommand("copy");
    field.remove();
    return isDone;
  }
}
