/** A form's standing: under way or not, and what is wrong, by field. */

import { ApiError, words } from "./api/client";

export class Form {
  busy = $state(false);
  /** What is wrong with the whole. */
  problem = $state("");
  errors = $state<Record<string, string>>({});

  /** Do it; undefined where it was refused, and the refusal stands in the form. `here` names the
      fields that the form shows; what is wrong with others is said above it. */
  async submit<T>(work: () => Promise<T>, here: string[] = []): Promise<T | undefined> {
    if (this.busy) return undefined;
    this.busy = true;
    this.problem = "";
    this.errors = {};
    try {
      return await work();
    } catch (error) {
      this.refuse(error, here);
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  refuse(error: unknown, here: string[] = []): void {
    if (!(error instanceof ApiError)) {
      this.problem = words(error);
      return;
    }
    if (error.status === 412) {
      this.problem = "Somebody else has changed this since you opened it. Close and open it again to see what it is now.";
      return;
    }
    const shown = new Set(here);
    const elsewhere: string[] = [];
    for (const [field, message] of Object.entries(error.fields)) {
      const name = shown.has(field) ? field : (field.split(".").pop() ?? field);
      this.errors[name] = message;
      if (here.length && !shown.has(name)) elsewhere.push(message);
    }
    if (!Object.keys(error.fields).length) this.problem = words(error);
    else if (elsewhere.length) this.problem = elsewhere.join(" ");
  }

  clear(): void {
    this.problem = "";
    this.errors = {};
  }
}
