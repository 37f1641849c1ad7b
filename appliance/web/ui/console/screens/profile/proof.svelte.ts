/** Showing the password again where what was asked for wants it. */

import { wantsPassword } from "./own";

class Proof {
  wanted = $state(false);
  #done: ((shown: boolean) => void) | null = null;

  /** Do it; where the password is wanted first, ask for it and do it then. Undefined where it was
      not shown. */
  async with<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!wantsPassword(error)) throw error;
    }
    return (await this.#ask()) ? work() : undefined;
  }

  answer(shown: boolean): void {
    this.wanted = false;
    this.#done?.(shown);
    this.#done = null;
  }

  #ask(): Promise<boolean> {
    this.#done?.(false);
    this.wanted = true;
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }
}

export const proof = new Proof();
