/** The live feed: what changes in the caller's scope, as it changes. */

import { onDestroy } from "svelte";

import { address, bearer, ended, renew } from "./client";

export interface News {
  event: string;
  data: Record<string, unknown>;
}

type Hear = (news: News) => void;

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** How long a line may be away before that is said. */
const GRACE = 2_000;
/** The box sends a comment every few seconds; silence for longer than this is a dead line. */
const SILENCE = 45_000;

/** What tabs tell each other: news, or whether the line is lost; `hello` asks for the latter. */
type Relayed = { news: News } | { lost: boolean } | "hello";

/** One tab of a login holds the line and passes on what it hears: a browser has few lines to one
    host, and the box grants few to one login. When it closes, another takes over. */
class Feed {
  /** Whether what is on the screen may be out of date. */
  lost = $state(false);
  #hearers = new Set<Hear>();
  #stop: AbortController | null = null;
  #tabs: BroadcastChannel | null = null;
  #leads = false;
  #connected = false;
  #doubt: ReturnType<typeof setTimeout> | undefined;

  hear(hear: Hear): () => void {
    this.#hearers.add(hear);
    return () => this.#hearers.delete(hear);
  }

  /** `login` names whose line it is. */
  start(login: string): void {
    if (this.#stop) return;
    const stop = new AbortController();
    this.#stop = stop;
    if (!("locks" in navigator) || !("BroadcastChannel" in globalThis)) {
      void this.#keepOpen(stop.signal);
      return;
    }
    const name = `byondvoice-feed ${login}`;
    this.#tabs = new BroadcastChannel(name);
    this.#tabs.onmessage = (event: MessageEvent<Relayed>) => this.#relayed(event.data);
    this.#tabs.postMessage("hello" satisfies Relayed);
    navigator.locks
      .request(name, { signal: stop.signal }, async () => {
        this.#leads = true;
        await this.#keepOpen(stop.signal);
      })
      .catch(() => {})
      .finally(() => (this.#leads = false));
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#tabs?.close();
    this.#tabs = null;
    this.#connected = false;
    clearTimeout(this.#doubt);
    this.lost = false;
  }

  #relayed(told: Relayed): void {
    if (told === "hello") {
      if (this.#leads) this.#tabs?.postMessage({ lost: this.lost } satisfies Relayed);
    } else if ("news" in told) {
      this.#tell(told.news);
    } else {
      this.lost = told.lost;
      // Heard before: whoever takes over has to look at everything again.
      this.#connected = true;
    }
  }

  #say(lost: boolean): void {
    clearTimeout(this.#doubt);
    if (lost === this.lost) return;
    this.lost = lost;
    this.#tabs?.postMessage({ lost } satisfies Relayed);
  }

  async #keepOpen(stopped: AbortSignal): Promise<void> {
    let wait = 0;
    while (!stopped.aborted) {
      try {
        await this.#listen(stopped, () => {
          wait = 0;
        });
      } catch {
        // Told by `lost`, below.
      }
      if (stopped.aborted) return;
      // A line that is open again at once, with the next token, was not lost.
      clearTimeout(this.#doubt);
      this.#doubt = setTimeout(() => this.#say(true), GRACE);
      await pause(wait * (0.75 + Math.random() / 2), stopped);
      wait = wait ? Math.min(wait * 2, LONGEST_WAIT) : FIRST_WAIT;
    }
  }

  async #listen(stopped: AbortSignal, opened: () => void): Promise<void> {
    const line = new AbortController();
    const cut = () => line.abort();
    stopped.addEventListener("abort", cut, { once: true });
    let silence = setTimeout(cut, SILENCE);
    try {
      const answer = await fetch(address("/v1/feed"), {
        headers: { Accept: "text/event-stream", Authorization: `Bearer ${bearer() ?? ""}` },
        cache: "no-store",
        signal: line.signal,
      });
      if (answer.status === 401) {
        if (!(await renew())) {
          this.stop();
          ended();
        }
        return;
      }
      if (!answer.ok || !answer.body) return;
      opened();
      const again = this.#connected;
      this.#connected = true;
      this.#say(false);
      // What happened in between is not known.
      if (again) this.#pass({ event: "resync", data: {} });
      for await (const news of events(answer.body, () => {
        clearTimeout(silence);
        silence = setTimeout(cut, SILENCE);
      })) {
        this.#pass(news);
      }
    } finally {
      clearTimeout(silence);
      stopped.removeEventListener("abort", cut);
    }
  }

  #pass(news: News): void {
    this.#tabs?.postMessage({ news } satisfies Relayed);
    this.#tell(news);
  }

  #tell(news: News): void {
    for (const hear of this.#hearers) hear(news);
  }
}

function pause(milliseconds: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stopped.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
    addEventListener("online", () => resolve(), { once: true });
  });
}

/** Server-sent events of a stream (WHATWG HTML § 9.2.6). */
async function* events(body: ReadableStream<Uint8Array>, alive: () => void): AsyncGenerator<News> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      alive();
      rest = (rest + value).replaceAll("\r\n", "\n");
      let end: number;
      while ((end = rest.indexOf("\n\n")) >= 0) {
        const news = eventOf(rest.slice(0, end));
        rest = rest.slice(end + 2);
        if (news) yield news;
      }
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}

function eventOf(block: string): News | null {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  if (!data.length && event === "message") return null;
  try {
    return { event, data: data.length ? (JSON.parse(data.join("\n")) as Record<string, unknown>) : {} };
  } catch {
    return null;
  }
}

export const feed = new Feed();

/** What a piece of news is about: the noun of a change, else the event's own name. */
export function nounOf(news: News): string {
  return news.event === "changed" ? String(news.data.noun ?? "").replaceAll(" ", "_") : news.event;
}

/** Run `again` after news about these nouns: at once, then at most every `gap` milliseconds. For
    use while a component is set up; it ends with the component. */
export function live(nouns: string[], again: (news: News) => unknown, gap = 400): void {
  const wanted = new Set(nouns);
  let resting = false;
  let due: News | null = null;
  let ended = false;

  function run(news: News): void {
    if (resting) {
      due = news;
      return;
    }
    resting = true;
    void again(news);
    setTimeout(() => {
      resting = false;
      const next = due;
      due = null;
      if (next && !ended) run(next);
    }, gap);
  }

  const silence = feed.hear((news) => {
    if (news.event === "resync" || wanted.has(nounOf(news))) run(news);
  });
  onDestroy(() => {
    ended = true;
    silence();
  });
}
