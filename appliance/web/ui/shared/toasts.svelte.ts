/** What has just happened, in a line, with a way back where there is one. */

export interface Toast {
  id: number;
  text: string;
  tone: "done" | "failed";
  undo?: (() => unknown) | undefined;
}

const SHOWN = 6_000;
const SHOWN_WITH_UNDO = 10_000;

class Toasts {
  shown = $state.raw<Toast[]>([]);
  #last = 0;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  say(text: string, undo?: () => unknown): void {
    this.#add({ id: ++this.#last, text, tone: "done", undo }, undo ? SHOWN_WITH_UNDO : SHOWN);
  }

  fail(text: string): void {
    this.#add({ id: ++this.#last, text, tone: "failed" }, SHOWN_WITH_UNDO);
  }

  drop(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  /** Nobody's reading is cut short while the pointer or the focus rests on it. */
  hold(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  release(): void {
    for (const toast of this.shown) this.#time(toast.id, SHOWN);
  }

  #add(toast: Toast, shown: number): void {
    this.shown = [...this.shown.slice(-3), toast];
    this.#time(toast.id, shown);
  }

  #time(id: number, shown: number): void {
    this.#timers.set(
      id,
      setTimeout(() => this.drop(id), shown),
    );
  }
}

export const toasts = new Toasts();
