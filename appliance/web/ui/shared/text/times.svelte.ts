/** Moments as people read them: in the viewer's zone, relative while they are recent. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The present, to the second while somebody looks. */
class Clock {
  now = $state(Date.now());

  constructor() {
    setInterval(() => {
      if (!document.hidden) this.now = Date.now();
    }, SECOND);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.now = Date.now();
    });
  }
}

export const clock = new Clock();

const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions, zone?: string): Intl.DateTimeFormat {
  const key = JSON.stringify([options, zone]);
  let found = formats.get(key);
  if (!found) {
    const base = { hourCycle: "h23", ...options } as const;
    try {
      found = new Intl.DateTimeFormat("en-GB", zone ? { ...base, timeZone: zone } : base);
    } catch {
      found = new Intl.DateTimeFormat("en-GB", base);
    }
    formats.set(key, found);
  }
  return found;
}

/** `12s ago`, `41 min ago`, `3h ago`; from a day on the date. */
export function ago(moment: string | null | undefined, now: number): string {
  if (!moment) return "never";
  const then = Date.parse(moment);
  if (Number.isNaN(then)) return moment;
  const past = Math.max(0, now - then);
  if (past < MINUTE) return `${Math.floor(past / SECOND)}s ago`;
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min ago`;
  if (past < DAY) return `${Math.floor(past / HOUR)}h ago`;
  return date(moment);
}

/** `in 41 min`, for what is to come. */
export function until(moment: string | null | undefined, now: number): string {
  if (!moment) return "never";
  const left = Date.parse(moment) - now;
  if (left <= 0) return "now";
  if (left < MINUTE) return `in ${Math.ceil(left / SECOND)}s`;
  if (left < HOUR) return `in ${Math.ceil(left / MINUTE)} min`;
  if (left < DAY) return `in ${Math.ceil(left / HOUR)}h`;
  return date(moment);
}

export function date(moment: string): string {
  const then = new Date(moment);
  const sameYear = then.getFullYear() === new Date().getFullYear();
  return format({ day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) }).format(then);
}

/** `14:02` today, `9 Jun, 14:02` before. */
export function timeOf(moment: string): string {
  const then = new Date(moment);
  const today = then.toDateString() === new Date().toDateString();
  return format(
    today
      ? { hour: "2-digit", minute: "2-digit", second: "2-digit" }
      : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  ).format(then);
}

export function clockTime(moment: string): string {
  return format({ hour: "2-digit", minute: "2-digit" }).format(new Date(moment));
}

/** In full, with the zone: for a hover. */
export function inFull(moment: string, zone?: string | null): string {
  const then = new Date(moment);
  if (Number.isNaN(then.getTime())) return moment;
  const options = {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  } as const;
  const mine = format(options).format(then);
  return zone ? `${mine}\n${format(options, zone).format(then)} · ${zone}` : mine;
}

/** `30:01`, and `1:02:03` from an hour on. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.floor(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}
