// Pages made of sections: a dataset's quality report, a guide; and the list of such pages.
import { useEffect, useState } from "preact/hooks";
import { Refusal } from "../api";
import { SimpleChart } from "../charts/simple";
import { ago, figure, moment } from "../format";
import type { PageMessage, PageRow, SectionMessage, SectionTable } from "../messages";
import { address } from "../route";
import { source } from "../store";
import { Finding, Panel, State, Waiting } from "./parts";

export function SectionsPage({ of }: { of: string }) {
  const [page, setPage] = useState<PageMessage | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    source.page(of).then(setPage, (problem) => {
      if (!(problem instanceof Refusal)) throw problem;
      setError(problem.message);
    });
  }, [of]);
  return (
    <main>
      {error && <p class="refusal" role="alert">{error}</p>}
      {!page && !error && <Waiting />}
      {page && (
        <>
          <h1>{page.title}</h1>
          <p class="muted">Written {moment(page.written_at)}</p>
          <Sections sections={page.sections} />
        </>
      )}
    </main>
  );
}

export function Sections({ sections }: { sections: readonly SectionMessage[] }) {
  return (
    <>
      {sections.map((section) => (
        <Panel key={section.title} title={section.title}>
          {section.paragraphs.map((text, n) => (
            <p key={n}>{text}</p>
          ))}
          {section.findings.length > 0 && (
            <div class="findings">
              {section.findings.map((finding, n) => (
                <Finding key={n} finding={finding} />
              ))}
            </div>
          )}
          {section.charts.map((chart) => (
            <SimpleChart key={chart.title} chart={chart} />
          ))}
          {section.pictures.length > 0 && (
            <div class="pictures">
              {section.pictures.map((picture, n) => (
                <figure key={n}>
                  <img src={picture.data} alt={picture.caption} />
                  <figcaption>{picture.caption}</figcaption>
                </figure>
              ))}
            </div>
          )}
          {section.tables.map((table) => (
            <Cells key={table.title} table={table} />
          ))}
        </Panel>
      ))}
    </>
  );
}

function Cells({ table }: { table: SectionTable }) {
  return (
    <>
      {table.title && <h3>{table.title}</h3>}
      <div class="scroll bordered">
        <table class="table">
          <thead>
            <tr>
              {table.columns.map((name) => (
                <th key={name}>{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, n) => (
              <tr key={n}>
                {row.map((cell, column) => (
                  <td key={column} class={typeof cell === "number" ? "right" : "long"}>
                    {typeof cell === "number" ? figure(cell) : String(cell ?? "")}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

/** The pages that are no studies; nothing where there are none. */
export function PageList() {
  const [rows, setRows] = useState<readonly PageRow[]>([]);
  useEffect(() => {
    source.pages().then(setRows, () => setRows([]));
  }, []);
  if (rows.length === 0) return null;
  return (
    <>
      <h2>Guides and datasets</h2>
      <div class="scroll bordered">
        <table class="table">
          <thead>
            <tr>
              <th>Report</th>
              <th>Of</th>
              <th>Verdict</th>
              <th>Written</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.address}>
                <td class="long">
                  <a href={address(["report", ...row.address.split("/")])}>{row.title}</a>
                </td>
                <td>{row.kind}</td>
                <td>{row.level && <State state={row.level} />}</td>
                <td class="muted" title={moment(row.written_at)}>
                  {ago(row.written_at)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
