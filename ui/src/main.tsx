// Draws the page: the bar on top, and below it what the address asks for.
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { chooseTheme, followTheme, isDark, theme } from "./charts/palette";
import { moment, shortened } from "./format";
import { followAddress, route, studyAddress } from "./route";
import { showText } from "./text";
import { closeStudy, connection, isPageOnly, reportedStudy, source } from "./store";
import { Compare } from "./views/compare";
import { SectionsPage } from "./views/sections";
import { Studies } from "./views/studies";
import { Study } from "./views/study";

const CONNECTION_WORDS = {
  live: "live",
  waiting: "waiting",
  lost: "connection lost, trying again",
  report: "report",
};

function Bar({ name }: { name: string | null }) {
  const isLight = theme.value >= 0 && !isDark();
  const { written } = source;
  return (
    <header class="bar">
      <a class="brand" href="#/">
        <Logo /> tunebook
      </a>
      {name && (
        <a class="crumb" href={studyAddress(name)}>
          {shortened(name, 40)}
        </a>
      )}
      <span class="space" />
      {written ? (
        <span class="muted">
          Written {moment(written.at)} by tunebook {written.version}
        </span>
      ) : (
        name && (
          <span class={`connection ${connection.value}`} role="status">
            {CONNECTION_WORDS[connection.value]}
          </span>
        )
      )}
      <button
        type="button"
        class="quiet"
        onClick={() => chooseTheme(isLight ? "dark" : "light")}
      >
        {isLight ? "Dark theme" : "Light theme"}
      </button>
    </header>
  );
}

function Logo() {
  return (
    <svg width="20" height="20" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#14406b" />
      <path
        d="M6 24C11 24 11 10 16 10S21 7 26 7"
        fill="none"
        stroke="#7cc4ff"
        stroke-width="2.6"
        stroke-linecap="round"
      />
      <circle cx="26" cy="7" r="3" fill="#ffb454" />
    </svg>
  );
}

function Page() {
  const { path, query } = route.value;
  const only = reportedStudy();
  const isStudy = path[0] === "study" && path[1] !== undefined;
  const name = only ?? (isStudy ? path[1]! : null);
  useEffect(() => {
    document.title = name ? `${shortened(name, 60)} · tunebook` : "tunebook";
    if (!name) closeStudy();
  }, [name]);
  return (
    <>
      <a class="skip" href="#page" onClick={skip}>
        Skip to the content
      </a>
      <Bar name={name} />
      {name ? (
        <Study key={name} name={name} rest={isStudy ? path.slice(2) : []} />
      ) : isPageOnly() || (path[0] === "report" && path[1]) ? (
        <SectionsPage of={path.slice(1).join("/")} />
      ) : path[0] === "compare" ? (
        <Compare names={query.getAll("study")} />
      ) : (
        <Studies />
      )}
    </>
  );
}

function skip(event: MouseEvent) {
  event.preventDefault();
  const main = document.querySelector("main");
  main?.setAttribute("tabindex", "-1");
  main?.focus();
}

showText();
followTheme();
followAddress();
render(<Page />, document.getElementById("page")!);
