/** The address names what is on the screen: a path beneath the surface's own, and its query. */

const BASE = import.meta.env.BASE_URL.replace(/\/$/, "");

function here(): { path: string; query: URLSearchParams } {
  const path = location.pathname.startsWith(BASE) ? location.pathname.slice(BASE.length) : "/";
  return { path: path.replace(/\/+$/, "") || "/", query: new URLSearchParams(location.search) };
}

export type Params = Record<string, string | null | undefined>;

class Router {
  #at = $state.raw(here());

  constructor() {
    addEventListener("popstate", () => {
      this.#at = here();
    });
  }

  get path(): string {
    return this.#at.path;
  }

  /** A query parameter, "" if it is not there. */
  param(name: string): string {
    return this.#at.query.get(name) ?? "";
  }

  /** The address of a path with these parameters, for links. */
  href(path: string, params: Params = {}): string {
    const pairs = Object.entries(params).filter((pair): pair is [string, string] => Boolean(pair[1]));
    const query = new URLSearchParams(pairs).toString();
    return BASE + path + (query ? `?${query}` : "");
  }

  go(path: string, params: Params = {}): void {
    this.follow(this.href(path, params));
  }

  follow(href: string, replace = false): void {
    if (href === location.pathname + location.search) return;
    if (replace) history.replaceState(null, "", href);
    else history.pushState(null, "", href);
    this.#at = here();
  }

  /** Change some parameters of this address: a step in the history only where `step` is set. */
  set(params: Params, step = false): void {
    const query = new URLSearchParams(this.#at.query);
    for (const [name, value] of Object.entries(params)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    const text = query.toString();
    this.follow(BASE + this.#at.path + (text ? `?${text}` : ""), !step);
  }

  /** Have plain clicks on links within the surface change the address without loading the page. */
  click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (!link.pathname.startsWith(`${BASE}/`) && link.pathname !== BASE) return;
    event.preventDefault();
    this.follow(link.pathname + link.search);
  }
}

export const router = new Router();
