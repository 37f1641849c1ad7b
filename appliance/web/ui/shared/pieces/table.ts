/** A column of a DataTable. `text` is what a spreadsheet gets, and what the cell shows unless the
    table's `cell` snippet draws it. */
export interface Column<T> {
  key: string;
  label: string;
  text: (row: T) => string | number;
  /** Drawn by the table's `cell` snippet. */
  drawn?: boolean;
  /** The API's name to sort by. */
  sort?: string;
  mono?: boolean;
  end?: boolean;
  /** Pixels; columns without share what is left. */
  width?: number;
  /** Not shown where the table is narrower than this. */
  from?: number;
  /** Not shown until somebody chooses it. */
  off?: boolean;
  /** Where it stands on a card. */
  card?: "title" | "state" | "none";
}

/** Chips: one choice among a few, kept in the address under `param`. */
export interface Chips {
  param: string;
  label: string;
  options: { value: string; label: string }[];
}
