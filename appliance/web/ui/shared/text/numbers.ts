/** Figures and telephone numbers as people read them. */

const figures = new Intl.NumberFormat("en-GB");

export function figure(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : figures.format(value);
}

/** A cap of a tenant: 0 is none. */
export function tenantCap(value: number | null | undefined): string {
  return value ? figure(value) : "∞";
}

/** A cap of a reseller: nothing is none, 0 is 0. */
export function resellerCap(value: number | null | undefined): string {
  return value === null || value === undefined ? "∞" : figure(value);
}

/** `one extension`, `2 extensions`. */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${figure(value)} ${value === 1 ? one : many}`;
}

const GROUPS: Record<string, number[]> = {
  "1": [3, 3, 4],
  "31": [2, 3, 4],
  "33": [1, 2, 2, 2, 2],
  "41": [2, 3, 2, 2],
  "43": [3, 3, 4],
  "44": [4, 6],
  "49": [3, 4, 4],
  "60": [2, 4, 4],
  "61": [1, 4, 4],
  "62": [3, 4, 4],
  "65": [4, 4],
  "91": [5, 5],
  "852": [4, 4],
};

/** `+6531590010` as `+65 3159 0010`; what is no E.164 number stays as it is. */
export function phone(number: string | null | undefined): string {
  if (!number) return "";
  const found = /^\+(\d{7,15})$/.exec(number);
  if (!found) return number;
  const digits = found[1]!;
  const code = [1, 2, 3].map((length) => digits.slice(0, length)).find((prefix) => prefix in GROUPS) ?? digits.slice(0, 2);
  const parts = [`+${code}`];
  let rest = digits.slice(code.length);
  for (const length of GROUPS[code] ?? [3, 3, 4]) {
    if (!rest) break;
    parts.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  if (rest) parts[parts.length - 1] += rest;
  return parts.join(" ");
}

/** What somebody typed, as E.164 where it begins with + or 00. */
export function dialled(typed: string): string {
  const bare = typed.replace(/[\s().-]/g, "");
  return bare.startsWith("00") ? `+${bare.slice(2)}` : bare;
}

/** Two letters for an avatar. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]?.slice(0, 2)];
  return letters
    .map((word, _, all) => [...(word ?? "")].slice(0, all.length > 1 ? 1 : 2).join(""))
    .join("")
    .toUpperCase();
}
