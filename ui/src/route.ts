// Where the page is: kept in the address's fragment, so that a report on a disk has addresses too.
import { signal } from "@preact/signals";

export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export const route = signal<Route>(parsed(currentHash()));

export function address(path: readonly string[], query?: Record<string, string>): string {
  const search = query ? `?${new URLSearchParams(query)}` : "";
  return `#/${path.map(encodeURIComponent).join("/")}${search}`;
}

export function studyAddress(name: string, ...rest: string[]): string {
  return address(["study", name, ...rest]);
}

export function go(to: string): void {
  route.value = parsed(to);
  try {
    if (location.hash !== to) history.pushState(null, "", to);
  } catch {
    // A frame without an address of its own, as in a notebook, keeps its place in memory.
  }
  window.scrollTo(0, 0);
}

/** Follows the address, and takes clicks on links into the page. */
export function followAddress(): void {
  for (const event of ["hashchange", "popstate"]) {
    window.addEventListener(event, () => {
      route.value = parsed(currentHash());
    });
  }
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const link = (event.target as Element | null)?.closest?.("a[href^='#/']");
    if (!link) return;
    event.preventDefault();
    go(link.getAttribute("href") ?? "#/");
  });
}

function currentHash(): string {
  return location.hash || "#/";
}

function parsed(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return {
    path: path.split("/").filter(Boolean).map(decoded),
    query: new URLSearchParams(query),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
