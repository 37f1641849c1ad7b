/** What `/v1/audit` answers. */

export interface AuditRow {
  id: string;
  /** Its place in the whole log, for the platform alone. */
  number: number | null;
  when: string;
  actor: string;
  action: string;
  target: string;
  scope: string;
  address: string;
  detail: Record<string, unknown>;
}

export interface Verdict {
  rows: number;
  whole: boolean;
  /** The first row that does not fit. */
  broken: number | null;
  /** The last hash. */
  head: string;
}

/** A fact of a row, in words: `min length`, `12`. */
export function factOf([name, value]: [string, unknown]): { name: string; value: string } {
  const text =
    value === null || value === undefined || value === ""
      ? "–"
      : typeof value === "boolean"
        ? value
          ? "yes"
          : "no"
        : Array.isArray(value)
          ? value.map(String).join(", ") || "–"
          : typeof value === "object"
            ? JSON.stringify(value)
            : String(value);
  return { name: name.replaceAll("_", " "), value: text };
}
