/** Requests to `/v1`: the bearer token, its silent renewal, and errors in one shape. */

import type { ErrorBody, Page, Token } from "./types";

/** An answer that is not what was asked for. `fields` says by field what is wrong with it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Record<string, string> = {},
    readonly body: Record<string, unknown> = {},
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

/** No answer at all. */
export class Unreachable extends Error {
  constructor() {
    super("The box does not answer. Check the connection and try again.");
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Options {
  query?: Query | undefined;
  /** The version that an edit was made from. */
  ifMatch?: string | number | null | undefined;
  signal?: AbortSignal | undefined;
  /** Send no token: signing in, and pages that need no login. */
  anonymous?: boolean;
}

const HEADER = "X-Requested-With";
const PAGE_NAME = "byondvoice";

let token: string | null = null;
let renewal: ReturnType<typeof setTimeout> | undefined;
let underWay: Promise<boolean> | null = null;
let onEnded: () => void = () => {};

/** Writes that got no answer keep their key, so that trying again cannot do the thing twice. */
const unanswered = new Map<string, string>();

export function bearer(): string | null {
  return token;
}

export function whenEnded(call: () => void): void {
  onEnded = call;
}

/** The login is over: tell whoever wanted to know. */
export function ended(): void {
  onEnded();
}

export function keep(granted: Token): void {
  token = granted.token;
  clearTimeout(renewal);
  const early = Math.max(granted.expires_in - 60, granted.expires_in / 2);
  renewal = setTimeout(() => void renew(), early * 1000);
}

export function forget(): void {
  token = null;
  clearTimeout(renewal);
}

/** A new access token for the cookie that this browser holds: one renewal at a time, over all tabs,
    since the cookie can be spent only once. False where there is no login any more. */
export function renew(): Promise<boolean> {
  underWay ??= inTurn(async () => {
    // Outlives the page: a token that was spent without its successor arriving would end the login.
    const answer = await send("/v1/login/refresh", { method: "POST", keepalive: true, headers: { [HEADER]: PAGE_NAME } });
    if (answer.ok) {
      keep((await answer.json()) as Token);
      return true;
    }
    if (answer.status === 401 || answer.status === 403) {
      forget();
      return false;
    }
    throw await errorOf(answer);
  }).finally(() => {
    underWay = null;
  });
  return underWay;
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? await navigator.locks.request("byondvoice-renewal", work) : await work();
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { credentials: "same-origin", cache: "no-store", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable();
  }
}

async function errorOf(answer: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {};
  try {
    body = (await answer.json()) as Record<string, unknown>;
  } catch {
    // Something between us and the box has answered.
  }
  const error = (body.error ?? {}) as Partial<ErrorBody>;
  const wait = Number(answer.headers.get("Retry-After"));
  return new ApiError(
    answer.status,
    error.code ?? "failed",
    error.message ?? `The box answered ${answer.status}.`,
    error.fields ?? {},
    body,
    Number.isFinite(wait) && wait > 0 ? wait : null,
  );
}

export function address(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  if (!pairs.length) return path;
  return `${path}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}

/** The answer to a request, whatever kind it is of; raises ApiError and Unreachable. */
export async function ask(method: string, path: string, body?: unknown, options: Options = {}): Promise<Response> {
  const url = address(path, options.query);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const reads = method === "GET";
  const what = `${method} ${url} ${text ?? ""}`;
  const key = reads ? null : (unanswered.get(what) ?? crypto.randomUUID());
  if (key) unanswered.set(what, key);

  const attempt = () => {
    const headers = new Headers({ Accept: "application/json", [HEADER]: PAGE_NAME });
    if (text !== undefined) headers.set("Content-Type", "application/json");
    if (token && !options.anonymous) headers.set("Authorization", `Bearer ${token}`);
    if (key) headers.set("Idempotency-Key", key);
    if (options.ifMatch !== null && options.ifMatch !== undefined) {
      const version = String(options.ifMatch);
      headers.set("If-Match", version.startsWith('"') ? version : `"${version}"`);
    }
    return send(url, {
      method,
      headers,
      ...(text === undefined ? {} : { body: text }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  };

  let answer = await attempt();
  if (answer.status === 401 && !options.anonymous) {
    if (await renew()) {
      answer = await attempt();
    } else {
      ended();
    }
  }
  if (key) unanswered.delete(what);
  if (!answer.ok) throw await errorOf(answer);
  return answer;
}

async function parsed<T>(answer: Response): Promise<T> {
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

export const api = {
  get: async <T>(path: string, query?: Query, options: Options = {}) =>
    parsed<T>(await ask("GET", path, undefined, { ...options, query })),
  post: async <T = unknown>(path: string, body: unknown = {}, options: Options = {}) =>
    parsed<T>(await ask("POST", path, body, options)),
  put: async <T = unknown>(path: string, body: unknown, options: Options = {}) =>
    parsed<T>(await ask("PUT", path, body, options)),
  patch: async <T = unknown>(path: string, body: unknown, options: Options = {}) =>
    parsed<T>(await ask("PATCH", path, body, options)),
  delete: async <T = unknown>(path: string, body?: unknown, options: Options = {}) =>
    parsed<T>(await ask("DELETE", path, body, options)),

  /** All of a list, page by page; at most `limit` rows. */
  async all<T>(path: string, query: Query = {}, limit = 20_000): Promise<T[]> {
    const rows: T[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<T> = await api.get<Page<T>>(path, { ...query, limit: 200, cursor });
      rows.push(...page.data);
      cursor = page.page.next;
    } while (cursor && rows.length < limit);
    return rows;
  },
};

/** A path with its parts escaped: `` path`/v1/tenants/${slug}/users` ``. */
export function path(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((whole, part, at) => whole + part + (at < values.length ? encodeURIComponent(values[at]!) : ""), "");
}

/** What to tell a person of an error. */
export function words(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 429) {
      return `Too many requests. Try again in ${error.retryAfter ?? 60} seconds.`;
    }
    return error.message;
  }
  return error instanceof Error ? error.message : String(error);
}
