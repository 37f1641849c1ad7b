/** A list as the API pages it: the first page, more on demand, and the same span again after news. */

import { ApiError, address, api, words, type Query } from "./client";
import type { Page } from "./types";

const FIRST = 40;
const LARGEST = 200;

export class Rows<T> {
  rows = $state.raw<T[]>([]);
  total = $state<number | null>(null);
  state = $state<"loading" | "ready" | "failed">("loading");
  error = $state("");
  /** Whether the API answered that there is no such list in the caller's scope. */
  missing = $state(false);
  growing = $state(false);
  /** The first page whole: lists may say more beside their rows. */
  answer = $state.raw<Page<T> | null>(null);

  #asked = "";
  #path = "";
  #query: Query = {};
  #next = $state<string | null>(null);
  #under: AbortController | null = null;

  get more(): boolean {
    return this.#next !== null;
  }

  /** Show another list, or the same one filtered otherwise. What was there stays until the answer. */
  open(path: string, query: Query): void {
    const asked = address(path, query);
    if (asked === this.#asked) return;
    this.#asked = asked;
    const other = path !== this.#path;
    this.#path = path;
    this.#query = query;
    if (other) {
      this.answer = null;
      this.rows = [];
      this.total = null;
      this.state = "loading";
    }
    void this.#load(FIRST);
  }

  /** Read what is shown anew. */
  async again(): Promise<void> {
    if (this.#path) await this.#load(Math.max(this.rows.length, FIRST));
  }

  async grow(): Promise<void> {
    if (!this.#next || this.growing) return;
    this.growing = true;
    const under = this.#under;
    try {
      const page = await this.#page(this.#next, LARGEST);
      if (under !== this.#under) return;
      this.rows = [...this.rows, ...page.data];
      this.#next = page.page.next;
      this.total = page.page.total;
    } catch (error) {
      this.error = words(error);
    } finally {
      this.growing = false;
    }
  }

  /** Put a row that has just been written where it stands, before the list is read anew. */
  replace(same: (row: T) => boolean, change: (row: T) => T | null): void {
    this.rows = this.rows.flatMap((row) => {
      if (!same(row)) return [row];
      const changed = change(row);
      return changed === null ? [] : [changed];
    });
  }

  async #load(count: number): Promise<void> {
    this.#under?.abort();
    const under = new AbortController();
    this.#under = under;
    try {
      const rows: T[] = [];
      let next: string | null = null;
      let total: number | null = null;
      let first: Page<T> | null = null;
      do {
        const page: Page<T> = await this.#page(next, Math.min(count - rows.length, LARGEST), under.signal);
        first ??= page;
        rows.push(...page.data);
        next = page.page.next;
        total = page.page.total;
      } while (next && rows.length < count);
      if (under.signal.aborted) return;
      this.answer = first;
      this.rows = rows;
      this.total = total;
      this.#next = next;
      this.error = "";
      this.missing = false;
      this.state = "ready";
    } catch (error) {
      if (under.signal.aborted) return;
      this.missing = error instanceof ApiError && (error.status === 403 || error.status === 404);
      this.error = words(error);
      if (this.state !== "ready" || this.missing) this.state = "failed";
    }
  }

  #page(cursor: string | null, limit: number, signal?: AbortSignal): Promise<Page<T>> {
    return api.get<Page<T>>(this.#path, { ...this.#query, limit, cursor }, { signal });
  }
}
